//! Stop words: the function words of a language, which a query can do without when it has others.
//!
//! English is the 33 words that Lucene has dropped since its first release, with the pronouns, question words and auxiliaries
//! of questions typed in full. The others are articles, pronouns, prepositions and auxiliaries, by frequency.

/// The stop words of a language (`en`), in lower case, separated by spaces; empty where there is no list.
#[must_use]
pub fn words(language: &str) -> &'static str {
    match language {
        "en" => ENGLISH,
        #[cfg(feature = "all-languages")]
        "de" => {
            "aber als am an auch auf aus bei bin bis da das dass dem den der des die dies diese doch du durch ein eine einem einen \
             einer eines er es für hat habe haben ich ihr im in ist kann man mein mit muss nach nicht noch nur ob oder sein sich sie \
             sind so um und uns unter vom von vor wann war was wenn wer werden wie wir wird wo zu zum zur über"
        }
        #[cfg(feature = "all-languages")]
        "fr" => {
            "ai as au aux avec c ce ces cette comment d dans de des du elle en est et eu fait faire il ils j je l la le les leur lui \
             m ma mais me mes mon n ne nos notre nous on ont ou où par pas peut plus pour pourquoi qu quand que quel quelle qui s sa \
             sans se ses si son sont sur t ta te tu un une vos votre vous y à été être"
        }
        #[cfg(feature = "all-languages")]
        "es" => {
            "a al como con cual cuando cómo de del desde donde dónde e el ella en entre era es esta este esto está fue ha hay la las le \
             lo los me mi más muy no nos o para pero por puede puedo que qué se ser si sin sobre son su sus también tu un una uno y ya \
             yo él"
        }
        #[cfg(feature = "all-languages")]
        "it" => {
            "a ad al alla anche c che chi ci come con cosa d da dal dalla de dei del della di dove e ed gli ha ho i il in io l la le lo \
             ma mi ne nel nella non o per perché più può quando quello questa questo se si sono su sul sulla tra un una uno è"
        }
        #[cfg(feature = "all-languages")]
        "pt" => {
            "a ao aos as com como da das de do dos e ela ele em entre era essa esse esta este está eu foi há isso isto já mais mas me \
             meu na nas no nos não o onde os ou para pela pelo por porque posso pode qual quando que se sem ser seu sua são também \
             tem um uma à é"
        }
        #[cfg(feature = "all-languages")]
        "nl" => {
            "aan al als bij dan dat de der deze die dit door een en er had heb heeft het hij hoe hun ik in is je kan maar me met mijn \
             moet naar niet nog of om onder ook op over te tot u uit van voor waar wat we wel wordt zal ze zich zij zijn zo"
        }
        #[cfg(feature = "all-languages")]
        "ru" => {
            "а без бы был была были было быть в вы где да для до его ее если есть еще же за и из или им их к как когда кто ли меня мне \
             можно мой мы на не нет но о об он она они от по под при с со так то только ты у уже что чтобы эта это этот я"
        }
        _ => "",
    }
}

const ENGLISH: &str = "a an and are as at be but by for if in into is it no not of on or such that the their then there these they \
     this to was will with \
     am been can could did do does from had has have he her his how i its me my our she should so some than them us we were \
     what when where which who why would you your";
