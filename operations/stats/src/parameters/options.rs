//! What the parameters are called where a person gives them, and where a program does.

/// The parameter that an option of `errand stats` stands for (without its hyphens), and a value of it in JSON, for an example:
/// messages name the options, and not everybody who sends a list has a command line.
#[must_use]
pub fn parameter_of_option(option: &str) -> Option<(&'static str, &'static str)> {
    Some(match option {
        "column" => ("column", "\"amount\""),
        "columns" => ("columns", "\"all\""),
        "comment" => ("comment", "\"#\""),
        "delimiter" => ("delimiter", "\";\""),
        "header" => ("header", "true"),
        "no-header" => ("header", "false"),
        "decimal-comma" => ("decimal_comma", "true"),
        "skip-invalid" => ("skip_invalid", "true"),
        "statistics" => (
            "statistics",
            "[\"count\",\"sum\",\"minimum\",\"maximum\",\"mean\"]",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameters;

    /// Every parameter, by the names that requests have for them.
    const ALL: &str = r##"{"column": 1, "columns": "all", "header": true, "delimiter": ";", "comment": "#", "decimal_comma": true, "skip_invalid": true, "statistics": "all", "percentiles": [5],
        "histogram": 3}"##;

    #[test]
    fn the_schema_knows_every_parameter() {
        let parameters: Parameters = serde_json::from_str(ALL).unwrap();
        let serde_json::Value::Object(names) = serde_json::to_value(&parameters).unwrap() else {
            panic!("no object")
        };
        let schema = include_str!("../../../../docs/schemas/stats-parameters.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        for name in names.keys() {
            assert!(
                schema["properties"][name].is_object(),
                "{name} is not in the schema"
            );
        }
    }

    #[test]
    fn an_option_s_parameter_is_one_and_so_is_the_example_of_its_value() {
        let options = [
            "column",
            "columns",
            "comment",
            "delimiter",
            "header",
            "no-header",
            "decimal-comma",
            "skip-invalid",
            "statistics",
        ];
        for option in options {
            let (name, example) = parameter_of_option(option).unwrap();
            let parameters: Parameters = serde_json::from_str(&format!("{{\"{name}\":{example}}}")).unwrap();
            assert_ne!(parameters, Parameters::default(), "{name}");
        }
        assert_eq!(parameter_of_option("offline"), None);
    }
}
