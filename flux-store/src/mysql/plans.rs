//! No statement of a request walks through a whole table.
