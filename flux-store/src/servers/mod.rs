//! Private database servers as child processes: on loopback, on a free port, in a folder of their own, ended with their
//! owner.
