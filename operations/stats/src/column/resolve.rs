//! Which of a table's columns are meant, and whether its first row is headers.

use crate::decimal_sign::DecimalSign;
use crate::error::shown;
use crate::{Column, Columns, Error, token};

/// Which columns are asked for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// One: its statistics are the answer, unless its name turns out to be those of several.
    One(Column),
    Several(Columns),
}

/// What the first row says.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The index of each column, in the order in which they are asked for.
    pub(super) indexes: Vec<usize>,
    /// Whether the answer is one of several columns.
    pub(super) is_several: bool,
    pub(super) has_headers: bool,
    /// Whether neither the request nor a name says so.
    pub(super) is_assumed: bool,
}

/// The first row, and what is known beforehand.
pub(super) struct Header<'a> {
    pub(super) fields: &'a [String],
    pub(super) sign: DecimalSign,
    /// Whether it is headers, where the request says so.
    pub(super) is_headers: Option<bool>,
}

impl Header<'_> {
    pub(super) fn resolve(&self, wanted: &Wanted) -> Result<Resolved, Error> {
        let mut indexes = Vec::new();
        let mut is_named = false;
        let mut is_several = true;
        match wanted {
            Wanted::One(column) => {
                let found = self.find(column)?;
                is_several = found.len() > 1;
                indexes = found.iter().map(|found| found.index).collect();
                is_named = found.iter().any(|found| found.is_named);
            }
            Wanted::Several(Columns::These(columns)) => {
                for column in columns {
                    for found in self.find(column)? {
                        indexes.push(found.index);
                        is_named |= found.is_named;
                    }
                }
            }
            Wanted::Several(Columns::All) => indexes = (0..self.fields.len()).collect(),
        }
        let is_number = |index: &usize| token::is_number(self.fields[*index].trim().as_bytes(), self.sign);
        Ok(Resolved {
            has_headers: self
                .is_headers
                .unwrap_or_else(|| is_named || !indexes.iter().all(is_number)),
            is_assumed: self.is_headers.is_none() && !is_named,
            indexes,
            is_several,
        })
    }

    /// The column that is meant, or the columns: a name with commas is that of one column, if there is one of this name,
    /// and else the names of several.
    fn find(&self, column: &Column) -> Result<Vec<Found>, Error> {
        if let Some(found) = self.find_one(column) {
            return Ok(vec![found]);
        }
        if let Column::Name(name) = column {
            let parts = Column::split(name);
            let found: Vec<Option<Found>> = parts.iter().map(|part| self.find_one(part)).collect();
            if parts.len() > 1 && found.iter().any(Option::is_some) {
                let missing = found.iter().position(Option::is_none);
                return match missing {
                    Some(missing) => Err(self.unknown(&parts[missing])),
                    None => Ok(found.into_iter().flatten().collect()),
                };
            }
        }
        Err(self.unknown(column))
    }

    fn find_one(&self, column: &Column) -> Option<Found> {
        let named = |name: &str| {
            let index = self
                .fields
                .iter()
                .position(|field| self.is_headers != Some(false) && field.trim() == name)?;
            Some(Found {
                index,
                is_named: true,
            })
        };
        match column {
            Column::Name(name) => named(name.trim()),
            // A number that no column has may still be a header, such as a year.
            Column::Number(number) => usize::try_from(*number)
                .ok()
                .and_then(|number| number.checked_sub(1))
                .filter(|index| *index < self.fields.len())
                .map(|index| Found {
                    index,
                    is_named: false,
                })
                .or_else(|| named(&number.to_string())),
        }
    }

    fn unknown(&self, column: &Column) -> Error {
        if self.is_headers == Some(false) && matches!(column, Column::Name(_)) {
            return Error::NameWithoutHeaders {
                column: column.clone(),
            };
        }
        let available = match self.fields {
            [only] if self.sign == DecimalSign::Comma && only.contains(',') => format!(
                "only `{}`, for a comma delimits nothing (--decimal-comma)",
                shown(only)
            ),
            [only] => format!("only `{}`", shown(only)),
            fields => format!("{} columns: {}", fields.len(), shown_list(fields)),
        };
        Error::UnknownColumn {
            column: column.clone(),
            available,
            is_comment: self.fields.first().is_some_and(|field| field.starts_with('#')),
        }
    }
}

struct Found {
    index: usize,
    /// Whether it was found by its header.
    is_named: bool,
}

/// The first fields, as a message shows them.
pub(super) fn shown_list(fields: &[String]) -> String {
    const SHOWN: usize = 20;
    let names: Vec<String> = fields
        .iter()
        .take(SHOWN)
        .map(|field| format!("`{}`", shown(field)))
        .collect();
    let more = if fields.len() > SHOWN { ", ..." } else { "" };
    names.join(", ") + more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(fields: &[&str], columns: &[&str], is_headers: Option<bool>) -> Result<Resolved, String> {
        let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
        let header = Header {
            fields: &fields,
            sign: DecimalSign::Point,
            is_headers,
        };
        let columns: Vec<Column> = columns.iter().map(|column| column.parse().unwrap()).collect();
        let wanted = match &columns[..] {
            [one] => Wanted::One(one.clone()),
            [] => Wanted::Several(Columns::All),
            several => Wanted::Several(Columns::These(several.to_vec())),
        };
        header.resolve(&wanted).map_err(|error| error.to_string())
    }

    fn indexes(fields: &[&str], columns: &[&str]) -> Vec<usize> {
        resolve(fields, columns, None).unwrap().indexes
    }

    #[test]
    fn a_name_with_commas_is_one_header_before_it_is_several() {
        let fields = ["height, cm", "a", "b", "2"];
        assert_eq!(indexes(&fields, &["height, cm"]), [0]);
        assert_eq!(indexes(&fields, &["a, b"]), [1, 2]);
        assert_eq!(indexes(&fields, &["b,1,a"]), [2, 0, 1]);
        assert_eq!(indexes(&fields, &["\"height, cm\",b"]), [0, 2]);
        assert_eq!(indexes(&fields, &["height, cm", "b,a"]), [0, 2, 1]);
        assert_eq!(indexes(&fields, &["\"2\""]), [3]);
        assert_eq!(indexes(&fields, &["2"]), [1]);
        assert!(!resolve(&fields, &["height, cm"], None).unwrap().is_several);
        assert!(resolve(&fields, &["a,b"], None).unwrap().is_several);
    }

    #[test]
    fn a_number_that_no_column_has_may_be_a_header() {
        assert_eq!(indexes(&["2019", "2020"], &["2020"]), [1]);
        let by_name = resolve(&["2019", "2020"], &["2020"], None).unwrap();
        assert!(by_name.has_headers && !by_name.is_assumed);
        assert!(resolve(&["2019", "2020"], &["2020"], Some(false)).is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let message = |columns: &[&str]| resolve(&["a", "b"], columns, None).unwrap_err();
        assert!(
            message(&["a,x"]).starts_with("no column `x` in"),
            "{}",
            message(&["a,x"])
        );
        assert!(
            message(&["x,y"]).starts_with("no column `x,y` in"),
            "{}",
            message(&["x,y"])
        );
        assert!(
            message(&["3"]).starts_with("no column 3 in"),
            "{}",
            message(&["3"])
        );
    }

    #[test]
    fn the_first_row_is_headers_if_it_is_said_or_a_name_or_no_number() {
        let of = |fields: &[&str], columns: &[&str], said| {
            let found = resolve(fields, columns, said).unwrap();
            (found.has_headers, found.is_assumed)
        };
        assert_eq!(of(&["1", "2"], &["1"], None), (false, true));
        assert_eq!(of(&["1O", "2"], &["1"], None), (true, true));
        assert_eq!(of(&["1O", "2"], &["2"], None), (false, true));
        assert_eq!(of(&["1O", "2"], &[], None), (true, true));
        assert_eq!(of(&["1O", "2"], &["1O"], None), (true, false));
        assert_eq!(of(&["1", "2"], &["1"], Some(true)), (true, false));
        assert_eq!(of(&["1O", "2"], &["1"], Some(false)), (false, false));
    }
}
