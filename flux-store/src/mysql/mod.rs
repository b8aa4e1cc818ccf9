//! The durable ports on MySQL or MariaDB.
