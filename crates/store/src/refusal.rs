//! Changes that refuse what they were given: our own reason has to come out of a transaction that is taken back.

use rusqlite::Transaction;

use crate::{Store, StoreError};

/// Why a change is taken back.
pub(crate) enum Refusal {
    Sql(rusqlite::Error),
    Ours(StoreError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Ours(error)
    }
}

impl Store {
    /// A change that may refuse what it was given; it is then taken back.
    pub(crate) fn write_or_refuse<T>(
        &self,
        step: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Refusal>,
    ) -> Result<T, StoreError> {
        let mut refused = None;
        let done = self.write(step, |transaction| {
            change(transaction).map_err(|refusal| match refusal {
                Refusal::Sql(error) => error,
                Refusal::Ours(error) => {
                    refused = Some(error);
                    rusqlite::Error::QueryReturnedNoRows
                }
            })
        });
        match refused {
            Some(error) => Err(error),
            None => done,
        }
    }
}
