//! Where a chunked body ends (RFC 9112, section 7.1), without looking into it.

/// A chunk's size line, extensions included, and all trailers together are short.
const MOST_LINE: usize = 256;
const MOST_TRAILERS: usize = 4_096;

/// Follows the chunks of one body.
#[derive(Debug)]
pub(crate) struct Chunks(Step);

#[derive(Debug)]
enum Step {
    /// In a size line: what was read of it.
    Size(Vec<u8>),
    /// In the CR LF after a chunk's data: how much of it was read.
    AfterData(usize),
    /// In the data of a chunk: how much is to come.
    Data(u64),
    /// In the trailers: how much was read of all, and of the last line.
    Trailers(usize, Vec<u8>),
}

/// The chunks are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadChunks;

impl Chunks {
    pub(crate) const fn new() -> Self {
        Self(Step::Size(Vec::new()))
    }

    /// How many of `bytes` belong to the body, and whether it ends with them.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Result<(usize, bool), BadChunks> {
        let mut at = 0;
        while at < bytes.len() {
            match &mut self.0 {
                Step::Data(left) => {
                    let rest = u64::try_from(bytes.len() - at).unwrap_or(u64::MAX).min(*left);
                    at += usize::try_from(rest).map_err(|_| BadChunks)?;
                    *left -= rest;
                    if *left == 0 {
                        self.0 = Step::AfterData(0);
                    }
                }
                Step::AfterData(read) => {
                    if bytes[at] != b"\r\n"[*read] {
                        return Err(BadChunks);
                    }
                    at += 1;
                    *read += 1;
                    if *read == 2 {
                        self.0 = Step::Size(Vec::new());
                    }
                }
                Step::Size(line) => {
                    line.push(bytes[at]);
                    at += 1;
                    if line.len() > MOST_LINE {
                        return Err(BadChunks);
                    }
                    if line.ends_with(b"\n") {
                        self.0 = after_line(line)?;
                    }
                }
                Step::Trailers(all, line) => {
                    line.push(bytes[at]);
                    at += 1;
                    *all += 1;
                    if *all > MOST_TRAILERS {
                        return Err(BadChunks);
                    }
                    if line.ends_with(b"\n") {
                        let text = line.strip_suffix(b"\r\n").ok_or(BadChunks)?;
                        if text.is_empty() {
                            return Ok((at, true));
                        }
                        plain(text)?;
                        line.clear();
                    }
                }
            }
        }
        Ok((at, false))
    }
}

fn after_line(line: &[u8]) -> Result<Step, BadChunks> {
    let line = line.strip_suffix(b"\r\n").ok_or(BadChunks)?;
    plain(line)?;
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (size, extension) = line.split_at(digits);
    if !(extension.is_empty() || extension.starts_with(b";")) || size.len() > 15 {
        return Err(BadChunks);
    }
    let size = std::str::from_utf8(size).map_err(|_| BadChunks)?;
    match u64::from_str_radix(size, 16).map_err(|_| BadChunks)? {
        0 => Ok(Step::Trailers(0, Vec::new())),
        size => Ok(Step::Data(size)),
    }
}

fn plain(line: &[u8]) -> Result<(), BadChunks> {
    if line.iter().all(|&b| b == b'\t' || (b >= 0x20 && b != 0x7f)) { Ok(()) } else { Err(BadChunks) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fed as a whole and byte by byte: both see the same end.
    fn follow(body: &[u8]) -> Result<Option<usize>, BadChunks> {
        let whole = Chunks::new().follow(body).map(|(taken, done)| done.then_some(taken));
        let mut chunks = Chunks::new();
        let mut bitwise = Ok(None);
        for (at, byte) in body.iter().enumerate() {
            match chunks.follow(std::slice::from_ref(byte)) {
                Ok((1, true)) => {
                    bitwise = Ok(Some(at + 1));
                    break;
                }
                Ok(taken) => assert_eq!(taken, (1, false)),
                Err(bad) => {
                    bitwise = Err(bad);
                    break;
                }
            }
        }
        assert_eq!(whole, bitwise, "{}", String::from_utf8_lossy(body));
        whole
    }

    #[test]
    fn the_end_of_a_body_is_found() {
        for body in [
            "0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            "5;x=\"y\"\r\nhello\r\n0\r\n\r\n",
            "a\r\n0123456789\r\n00005\r\nhello\r\n0\r\n\r\n",
            "2\r\n\r\n\r\n0\r\n\r\n",
            "1\r\n.\r\n0\r\nTrailer: x\r\n\r\n",
        ] {
            assert_eq!(follow(body.as_bytes()), Ok(Some(body.len())), "{body:?}");
            let more = format!("{body}GET / HTTP/1.1\r\n");
            assert_eq!(follow(more.as_bytes()), Ok(Some(body.len())), "{body:?} and more");
            assert_eq!(follow(&body.as_bytes()[..body.len() - 1]), Ok(None));
        }
    }

    #[test]
    fn a18_broken_chunks_are_told() {
        for body in [
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhello0\r\n\r\n",
            "5\r\nhello!\r\n0\r\n\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "\r\nhello",
            "x\r\n",
            "-1\r\n",
            "+5\r\nhello\r\n",
            "0x5\r\nhello\r\n",
            "5 \r\nhello\r\n",
            " 5\r\nhello\r\n",
            "ffffffffffffffffff\r\n",
            "0\r\nTrailer: x\n\r\n",
            "0\r\nTrailer: \0\r\n\r\n",
            ".\r\n",
            "5;\0\r\nhello\r\n",
        ] {
            assert_eq!(follow(body.as_bytes()), Err(BadChunks), "{body:?}");
        }
        assert_eq!(follow(format!("5;{}\r\n", "x".repeat(300)).as_bytes()), Err(BadChunks));
        assert_eq!(follow(format!("0\r\n{}", "X: y\r\n".repeat(1_000)).as_bytes()), Err(BadChunks));
    }

    proptest::proptest! {
        #[test]
        fn a18_no_bytes_make_the_follower_panic(bytes in proptest::collection::vec(0_u8..=255, 0..100)) {
            let _ = follow(&bytes);
        }
    }
}
