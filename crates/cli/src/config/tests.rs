use super::*;
use clap::{ArgAction, value_parser};

fn command() -> Command {
    Command::new("sextant")
        .subcommand(
            Command::new("build")
                .arg(
                    Arg::new("source")
                        .num_args(0..)
                        .action(ArgAction::Append)
                        .value_parser(value_parser!(PathBuf)),
                )
                .arg(Arg::new("config").long("config").value_parser(value_parser!(PathBuf)))
                .arg(Arg::new("glob").long("glob").action(ArgAction::Append))
                .arg(Arg::new("max_words").long("max-words").value_parser(value_parser!(u32)))
                .arg(Arg::new("cache").long("cache").value_parser(value_parser!(PathBuf)))
                .arg(
                    Arg::new("no_cache")
                        .long("no-cache")
                        .action(ArgAction::SetTrue)
                        .overrides_with("cache"),
                )
                .arg(Arg::new("strict").long("strict").action(ArgAction::SetTrue)),
        )
        .subcommand(Command::new("serve").arg(Arg::new("port").long("port")))
        .subcommand(Command::new("inspect"))
}

struct Case {
    directory: tempfile::TempDir,
    around: Surroundings,
}

fn case(file: &str, variables: &[(&str, &str)]) -> Case {
    let directory = tempfile::tempdir().unwrap();
    if !file.is_empty() {
        std::fs::write(directory.path().join(FILE), file).unwrap();
    }
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let around =
        Surroundings { variables: variables.collect(), directory: directory.path().to_path_buf() };
    Case { directory, around }
}

impl Case {
    fn run(&self, line: &str) -> anyhow::Result<ArgMatches> {
        let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let matches = layered(&command(), &argv, &self.around, |_| {})?;
        Ok(matches.subcommand().unwrap().1.clone())
    }
}

fn strings(matches: &ArgMatches, id: &str) -> Vec<String> {
    matches.get_many::<String>(id).unwrap_or_default().cloned().collect()
}

#[test]
fn the_command_line_beats_the_environment_and_that_beats_the_file() {
    let case =
        case("max-words = 1\nglob = [\"a\", \"b\"]\nstrict = true", &[("SEXTANT_MAX_WORDS", "2")]);
    let words = |line: &str| *case.run(line).unwrap().get_one::<u32>("max_words").unwrap();
    assert_eq!(words("sextant build x --max-words 3"), 3);
    assert_eq!(words("sextant build x"), 2);
    let matches = case.run("sextant build x").unwrap();
    assert_eq!(strings(&matches, "glob"), ["a", "b"]);
    assert!(matches.get_flag("strict"));
    let matches = case.run("sextant build x --glob c").unwrap();
    assert_eq!(strings(&matches, "glob"), ["c"], "a list is replaced, not extended");
}

#[test]
fn a_variable_of_a_repeated_flag_is_split_at_semicolons_but_not_at_commas() {
    let case = case("", &[("SEXTANT_GLOB", "**/*.{a,b}; c")]);
    assert_eq!(strings(&case.run("sextant build").unwrap(), "glob"), ["**/*.{a,b}", "c"]);
}

#[test]
fn sources_and_paths_of_the_file_are_relative_to_it() {
    let case = case("source = [\"site\"]\ncache = \"c\"", &[]);
    let matches = case.run("sextant build").unwrap();
    let sources: Vec<&PathBuf> = matches.get_many("source").unwrap().collect();
    assert_eq!(sources, [&case.directory.path().join("site")]);
    assert_eq!(matches.get_one::<PathBuf>("cache"), Some(&case.directory.path().join("c")));
    let matches = case.run("sextant build typed").unwrap();
    let sources: Vec<&PathBuf> = matches.get_many("source").unwrap().collect();
    assert_eq!(sources, [&PathBuf::from("typed")]);
}

#[test]
fn a_typed_flag_overrides_its_opposite_in_the_file() {
    let case = case("no-cache = true", &[]);
    let matches = case.run("sextant build --cache here").unwrap();
    assert_eq!(matches.get_one::<PathBuf>("cache"), Some(&PathBuf::from("here")));
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest() {
    let case = case("max_word = 3", &[]);
    let error = case.run("sextant build x").unwrap_err();
    let failure = error.downcast_ref::<Failure>().unwrap();
    let text = format!("{failure:?}");
    assert!(text.contains("max_word") && text.contains("`max-words`"), "{text}");
}

#[test]
fn a_key_of_another_command_is_no_error_and_is_left_alone() {
    let case = case("port = 80", &[]);
    assert!(case.run("sextant build x").is_ok());
    assert_eq!(strings(&case.run("sextant serve").unwrap(), "port"), ["80"]);
    assert!(case.run("sextant inspect").is_ok());
}

#[test]
fn a_bad_value_names_the_place_it_came_from() {
    let from_file = case("max-words = \"many\"", &[]);
    let error = from_file.run("sextant build x").unwrap_err().to_string();
    assert!(error.contains("sextant.toml: max-words"), "{error}");
    let from_variable = case("", &[("SEXTANT_STRICT", "perhaps")]);
    let error = from_variable.run("sextant build x").unwrap_err().to_string();
    assert!(error.contains("SEXTANT_STRICT") && error.contains("perhaps"), "{error}");
}

#[test]
fn a_file_that_is_asked_for_must_be_there() {
    let error = case("", &[]).run("sextant build --config nowhere.toml x").unwrap_err();
    assert!(error.to_string().contains("nowhere.toml"));
}

#[test]
fn a_variable_that_nearly_is_a_key_is_mentioned() {
    let case = case("", &[("SEXTANT_MAX_WORD", "3"), ("SEXTANT_DATA", "elsewhere")]);
    let argv = ["sextant", "build", "x"].map(OsString::from);
    let mut warnings = Vec::new();
    layered(&command(), &argv, &case.around, |warning| warnings.push(warning)).unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("SEXTANT_MAX_WORDS"));
}
