//! Filters as text: `lang = rust and (year >= 2020 or not draft = true)`.
//!
//! ```text
//! either = both { "or" both }
//! both   = one { "and" one }
//! one    = "not" one | "(" either ")" | key test
//! test   = ("=" | "!=" | ">=" | ">" | "<=" | "<") value | ["not"] several
//! several = "in" "(" value { "," value } ")" | "between" value "and" value
//! ```
//!
//! A key or a value is a run of characters other than white space and `()=!<>,"'`, or stands in
//! quotes, single or double; `\` in quotes takes the next character as it is. Words of the grammar may
//! be in capitals. Blank text lets every page in.

use super::{Filter, MOST_DEPTH};
use crate::error::FilterError;
use std::ops::Bound;

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// Without quotes, so possibly a word of the grammar.
    Word(String),
    Quoted(String),
    /// `(`, `)`, `,` or a comparison.
    Sign(&'static str),
    End,
}

/// The signs, longer ones before those they begin with.
const SIGNS: [&str; 9] = [">=", "<=", "!=", "=", ">", "<", "(", ")", ","];

impl Filter {
    /// Reads a filter as people write it; a blank one restricts nothing.
    ///
    /// # Errors
    /// [`FilterError::Syntax`], which shows the place.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        if text.trim().is_empty() {
            return Ok(Self::And(vec![]));
        }
        let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
        let filter = parser.either()?;
        match parser.peek() {
            Token::End => Ok(filter),
            _ => Err(parser.wanted("`and`, `or` or the end")),
        }
    }
}

fn syntax(text: &str, at: usize, what: String) -> FilterError {
    let column = text.get(..at).unwrap_or(text).chars().count();
    FilterError::Syntax { text: text.to_owned(), column, what }
}

/// All tokens with the places of their first bytes, the last one [`Token::End`].
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let mut tokens = vec![];
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (token, length) = if let Some(sign) = SIGNS.into_iter().find(|s| rest.starts_with(s)) {
            (Token::Sign(sign), sign.len())
        } else if matches!(first, '"' | '\'') {
            let (value, length) = quoted(rest, first)
                .ok_or_else(|| syntax(text, at, format!("{first} has no second one")))?;
            (Token::Quoted(value), length)
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "()=!<>,\"'".contains(c));
            let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if word.is_empty() {
                return Err(syntax(text, at, format!("{first} stands alone; `!=` is `is not`")));
            }
            (Token::Word(word.to_owned()), word.len())
        };
        tokens.push((at, token));
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    tokens.push((text.len(), Token::End));
    Ok(tokens)
}

/// What stands in the quotes at the front of `text`, and the bytes up to behind the second one.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => value.push(chars.next()?.1),
            _ if char == quote => return Some((value, at + 1)),
            _ => value.push(char),
        }
    }
    None
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(_, token)| token)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(here) if here.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Token::Sign(here) if *here == sign);
        self.at += usize::from(is);
        is
    }

    /// The error that something else stands here than `what`.
    fn wanted(&self, what: &str) -> FilterError {
        let at = self.tokens.get(self.at).map_or(self.text.len(), |(at, _)| *at);
        let found = match self.peek() {
            Token::Word(word) => format!("`{word}`"),
            Token::Quoted(value) => format!("{value:?}"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".to_owned(),
        };
        syntax(self.text, at, format!("{what} was expected, found {found}"))
    }

    fn either(&mut self) -> Result<Filter, FilterError> {
        let mut filters = vec![self.both()?];
        while self.take_word("or") {
            filters.push(self.both()?);
        }
        Ok(join(filters, Filter::Or))
    }

    fn both(&mut self) -> Result<Filter, FilterError> {
        let mut filters = vec![self.one()?];
        while self.take_word("and") {
            filters.push(self.one()?);
        }
        Ok(join(filters, Filter::And))
    }

    fn one(&mut self) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(self.wanted(&format!("no more than {MOST_DEPTH} levels")));
        }
        let filter = if self.take_word("not") {
            Filter::Not(Box::new(self.one()?))
        } else if self.take_sign("(") {
            let filter = self.either()?;
            if !self.take_sign(")") {
                return Err(self.wanted("`)`, `and` or `or`"));
            }
            filter
        } else {
            let key = self.value("a key, `not` or `(`", &["and", "or", "in"])?;
            self.test(key)?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn test(&mut self, key: String) -> Result<Filter, FilterError> {
        let negated = self.take_word("not");
        if self.take_word("in") {
            let list = self.list(&key)?;
            return Ok(if negated { Filter::Not(Box::new(list)) } else { list });
        }
        if self.take_word("between") {
            let min = self.value("a value", &[])?;
            if !self.take_word("and") {
                return Err(self.wanted("`and`"));
            }
            let max = self.value("a value", &[])?;
            let range = Filter::Range { key, min: Bound::Included(min), max: Bound::Included(max) };
            return Ok(if negated { Filter::Not(Box::new(range)) } else { range });
        }
        let sign = match self.peek() {
            Token::Sign(sign @ ("=" | "!=" | ">=" | ">" | "<=" | "<")) if !negated => *sign,
            _ if negated => return Err(self.wanted("`in` or `between`")),
            _ => return Err(self.wanted("`=`, `!=`, `>=`, `>`, `<=`, `<`, `in` or `between`")),
        };
        self.at += 1;
        let value = self.value("a value", &["and", "or"])?;
        let range = |min, max| Filter::Range { key: key.clone(), min, max };
        Ok(match sign {
            ">=" => range(Bound::Included(value), Bound::Unbounded),
            ">" => range(Bound::Excluded(value), Bound::Unbounded),
            "<=" => range(Bound::Unbounded, Bound::Included(value)),
            "<" => range(Bound::Unbounded, Bound::Excluded(value)),
            "!=" => Filter::Not(Box::new(Filter::Is { key, value })),
            _ => Filter::Is { key, value },
        })
    }

    /// `(a, b)`.
    fn list(&mut self, key: &str) -> Result<Filter, FilterError> {
        if !self.take_sign("(") {
            return Err(self.wanted("`(`"));
        }
        let mut filters = vec![];
        loop {
            let value = self.value("a value", &[])?;
            filters.push(Filter::Is { key: key.to_owned(), value });
            if self.take_sign(")") {
                return Ok(join(filters, Filter::Or));
            }
            if !self.take_sign(",") {
                return Err(self.wanted("`,` or `)`"));
            }
        }
    }

    /// A word or what stands in quotes. `grammar`: words that mean something else here.
    fn value(&mut self, what: &str, grammar: &[&str]) -> Result<String, FilterError> {
        let value = match self.peek() {
            Token::Word(_) if grammar.iter().any(|word| self.is_word(word)) => None,
            Token::Word(value) | Token::Quoted(value) => Some(value.clone()),
            Token::Sign(_) | Token::End => None,
        };
        let Some(value) = value else { return Err(self.wanted(what)) };
        self.at += 1;
        Ok(value)
    }
}

/// One filter as it is, several under `operator`.
fn join(mut filters: Vec<Filter>, operator: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        Some(last) => {
            filters.push(last);
            operator(filters)
        }
        None => operator(filters),
    }
}
