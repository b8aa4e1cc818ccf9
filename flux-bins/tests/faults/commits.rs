//! A wire to the database that is cut around a commit: it reads what clients say (MySQL's protocol, in the clear) as far as
//! it has to.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long a commit that comes late waits for somebody to ask what became of it.
const LATE: Duration = Duration::from_secs(3);

/// When the connection of a commit breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before the commit is passed on: the server never hears of it.
    Before,
    /// At once after it was passed on: the server is about to do it.
    During,
    /// When the server has answered, which nobody hears.
    After,
    /// Before the commit is passed on; it comes all the same, when the client has looked for it on another connection,
    /// if the server still listens.
    Late,
}

/// All of them.
pub(crate) const MOMENTS: [Moment; 4] = [Moment::Before, Moment::During, Moment::After, Moment::Late];

/// Passes everything on, but for the commits that it was told of.
pub(crate) struct Commits {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// What a transaction carries that is to be hit, and when.
    faults: Mutex<Vec<(Vec<u8>, Moment)>>,
    /// The numbers of connections that clients have looked for, and been told of.
    looked_for: watch::Sender<Vec<Slot>>,
    /// Those that somebody waits for to be looked for.
    missed: Mutex<Vec<Slot>>,
}

/// What a connection is called in the database.
type Slot = [u8; 16];

impl Commits {
    /// In front of `target`, host and port.
    pub(crate) async fn new(target: &str) -> Self {
        let target = target.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let of_all = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, shared) = (target.clone(), Arc::clone(&of_all));
                tokio::spawn(async move {
                    // Either end may break it off.
                    let _ = pass(client, &target, &shared).await;
                });
            }
        });
        Self { address, shared }
    }

    /// Breaks the connection at `moment` of the next transaction that carries `what`, once. If it carries several, the
    /// first counts.
    pub(crate) fn hit(&self, what: impl Into<Vec<u8>>, moment: Moment) {
        self.shared.faults.lock().unwrap().push((what.into(), moment));
    }

    /// How many are still to be hit.
    pub(crate) fn left(&self) -> usize {
        self.shared.faults.lock().unwrap().len()
    }
}

impl Shared {
    /// What is to be done about a transaction that carries this packet.
    fn fault(&self, packet: &[u8]) -> Option<Moment> {
        let mut faults = self.faults.lock().unwrap();
        let of_it = faults.extract_if(.., |(what, _)| contains(packet, what));
        of_it.map(|(_, moment)| moment).reduce(|first, _| first)
    }

    /// The connection that this packet looks for, of those that are missed.
    fn looks_for(&self, packet: &[u8]) -> Option<Slot> {
        self.missed.lock().unwrap().iter().copied().find(|slot| contains(packet, slot))
    }
}

/// One connection, until either end or a fault ends it.
async fn pass(client: TcpStream, target: &str, shared: &Shared) -> io::Result<()> {
    let server = TcpStream::connect(target).await?;
    for end in [&client, &server] {
        end.set_nodelay(true)?;
    }
    let ((from_client, to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let looked = Mutex::new(None);
    let (moment, slot, commit) = tokio::select! {
        hit = up(from_client, &mut to_server, shared, &looked) => hit?,
        ended = down(&mut from_server, to_client, shared, &looked) => return ended,
    };
    // The client's end is closed by now; this one with the return.
    match moment {
        Moment::Before => {}
        Moment::During => to_server.write_all(&commit).await?,
        Moment::After => {
            to_server.write_all(&commit).await?;
            // One for the note, one for the commit, unless the first one is a refusal.
            if packet(&mut from_server).await?.get(4) == Some(&0) {
                packet(&mut from_server).await?;
            }
        }
        Moment::Late => {
            shared.missed.lock().unwrap().push(slot);
            let mut looked_for = shared.looked_for.subscribe();
            // Whoever does not look has found out otherwise.
            let _ = tokio::time::timeout(LATE, looked_for.wait_for(|all| all.contains(&slot))).await;
            to_server.write_all(&commit).await?;
            while from_server.read_u8().await.is_ok() {}
        }
    }
    Ok(())
}

/// From the client, up to a commit that is to be hit; that commit, and which connection it is of.
async fn up(
    mut from: OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    shared: &Shared,
    looked: &Mutex<Option<Slot>>,
) -> io::Result<(Moment, Slot, Vec<u8>)> {
    let mut fault = None;
    loop {
        let packet = packet(&mut from).await?;
        if let Some(slot) = shared.looks_for(&packet) {
            *looked.lock().unwrap() = Some(slot);
        }
        if let Some(slot) = commit(&packet)
            && let Some(moment) = fault
        {
            return Ok((moment, slot, packet));
        }
        // Every packet is looked at: what a transaction carries besides is hit with it.
        let carried = shared.fault(&packet);
        fault = fault.or(carried);
        to.write_all(&packet).await?;
    }
}

/// To the client.
async fn down(
    from: &mut OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    looked: &Mutex<Option<Slot>>,
) -> io::Result<()> {
    let mut bytes = vec![0; 1 << 16];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&bytes[..count]).await?;
        if let Some(slot) = looked.lock().unwrap().take() {
            shared.looked_for.send_modify(|all| all.push(slot));
        }
    }
}

/// The command that carries a text.
const QUERY: u8 = 3;

/// One packet, with its head: three bytes of length and a number.
async fn packet(from: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    from.read_exact(&mut packet).await?;
    let length = u32::from_le_bytes([packet[0], packet[1], packet[2], 0]);
    packet.resize(4 + length as usize, 0);
    from.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}

/// The connection that a commit notes its number for, if it is one: `... slot = x'0123...'; COMMIT`.
fn commit(packet: &[u8]) -> Option<Slot> {
    let text = packet.get(4..)?.strip_prefix(&[QUERY])?.strip_suffix(b"; COMMIT")?;
    let (_, hex) = std::str::from_utf8(text).ok()?.split_once("x'")?;
    let mut slot = Slot::default();
    for (at, byte) in slot.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(slot)
}

fn contains(packet: &[u8], what: &[u8]) -> bool {
    packet.windows(what.len()).any(|part| part == what)
}
