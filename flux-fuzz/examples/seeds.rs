//! Writes the examples that fuzzing begins with: `cargo run -p flux-fuzz --example seeds`.
//!
//! Inputs that were found otherwise lie beside them under other names and stay.

use std::path::Path;
use std::{fs, io};

use flux_proto::v1;
use prost::Message;

const ID: &str = "0188f0f0-c0de-7aaa-8bbb-ccccddddeee1";

/// Requests as clients write them in JSON, `ID` standing for an id.
const REQUESTS: [&str; 12] = [
    r#""hello":{"accessToken":"a.b.c","client":"web/1","syncCursor":"x","epoch":"ID","knownHeads":[{"log":{"conversationId":"ID"},"headSeq":"7"},{"log":{"feed":{}},"headSeq":"2"}]}"#,
    r#""ping":{"payload":"p"}"#,
    r#""send":{"conversationId":"ID","messageId":"ID","text":"hi"}"#,
    r#""send":{"userId":"ID","messageId":"ID","text":"你好 \ud83d\ude00"}"#,
    r#""readHistory":{"conversationId":"ID","beforeSeq":"9","limit":50}"#,
    r#""markRead":{"conversationId":"ID","seq":"5"}"#,
    r#""setPresence":{"presence":"OWN_PRESENCE_INVISIBLE"}"#,
    r#""watchPresence":{"userIds":["ID","ID"]}"#,
    r#""searchUsers":{"query":"ann","limit":5}"#,
    r#""requestFriend":{"userId":"ID","greeting":"it is me"}"#,
    r#""answerFriend":{"requestId":"ID","answer":"FRIEND_ANSWER_ACCEPT"}"#,
    r#""setRemark":{"userId":"ID","remark":"Annie"}"#,
];

/// The same for texts: a target, and what it reads.
const TEXTS: [(&str, &[&str]); 22] = [
    (
        "access_token",
        &[
            "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"KID\"}\n{\"iss\":\"flux\",\"aud\":\"flux\",\"sub\":\"ID\",\"sid\":\"ID\",\"iat\":1700000000,\"exp\":1700000600}",
            "{\"alg\":\"none\"}\n{}",
            "a.b.c",
        ],
    ),
    (
        "chat_origin",
        &[
            "https://good.example\nchat.example",
            "http://[::1]:5173\n[::1]:5173",
            "https://chat.example:443\nchat.example",
            "null\nx",
        ],
    ),
    (
        "chat_upgrade",
        &[
            "/v1/chat\nHost: chat.example\nUpgrade: websocket\nConnection: keep-alive, Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Protocol: flux.v1.json, flux.v1.proto\nOrigin: https://good.example",
            "/v1/chat?token=x\nHost: a",
        ],
    ),
    (
        "client_address",
        &["wss://chat.example:8443/v1/chat?x=1", "http://[::1]", "ws://user:word@host/", "https://a#b"],
    ),
    (
        "client_outbox",
        &[
            "{\"put\":{\"sender\":\"ID\",\"to\":{\"user\":\"ID\"},\"message\":\"ID\",\"text\":\"good morning, everybody\"}}\n{\"put\":{\"sen",
            "{\"put\":{\"sender\":\"ID\",\"to\":{\"conversation\":\"ID\"},\"message\":\"ID\",\"text\":\"\"}}\n{\"remove\":\"ID\"}\n",
        ],
    ),
    (
        "client_saved",
        &[
            r#"{"user":"ID","session":"ID","refresh_token":"rt-0123456789abcdef"}"#,
            r#"{"user":"ID","epoch":"e","sync_cursor":"s1.0123456789abcdef","conversations":{"ID":{"taken_seq":3,"head_seq":5}},"feed":{"taken_seq":1,"head_seq":1}}"#,
            "ID",
        ],
    ),
    ("display_text", &["Ann Lee", "你好\u{2066}", "👩‍👩‍👧", "line\nline", " "]),
    ("email", &["ann@example.org", "Ann.Lee+x@Bücher.Example", "=?x?@a.bc", "a@[127.0.0.1]"]),
    (
        "forwarded",
        &[
            "10.0.0.0/8\n1.1.1.1, 203.0.113.9",
            "2001:db8::/32\nfor=\"[2001:db8::1]:4711\";proto=https, for=10.0.0.2",
            "::/0\nfor=_hidden",
        ],
    ),
    (
        "gate_body",
        &[
            r#"{"login":"ann","password":"correct horse battery","device":{"name":"phone","class":"mobile"}}"#,
            r#"{"email":"ann@example.org","code":"123456","username":"ann","display_name":"Ann","password":"correct horse battery"}"#,
            r#"{"message_id":"ID","text":"hi"}"#,
            r#"{"refresh_token":"aaaaaaaaaaaaaaaa"}"#,
            r#"{"a":{"a":[]}}"#,
        ],
    ),
    (
        "gate_headers",
        &[
            "Authorization: Bearer a.b.c\nContent-Type: application/json; charset=utf-8\nAccept-Language: zh;q=0.8, en;q=0.1",
        ],
    ),
    (
        "gate_target",
        &[
            "/v1/friends?page=0000018bcfe568000188f0f0c0de7aaa8bbbccccddddeee1&limit=5",
            "/v1/users?query=a%20b",
            "/v1/friend-requests?direction=sent",
            "/v1/conversations/ID/messages?before_seq=5&limit=9",
            "/v1/users/ID",
        ],
    ),
    (
        "grpc_proof",
        &[
            "Flux2 gate:one",
            "Flux2 chat:ID:AAAAAAAAAAAAAAAAAAAAAA:1700000000000:AAAAAAAAAAAAAAAAAAAAAA",
            "Flux1 gate:one",
        ],
    ),
    (
        "history",
        &[
            "{\"at\":1,\"what\":{\"members\":{\"conversation\":\"c\",\"users\":[\"a\",\"b\"]}}}\n{\"at\":2,\"what\":{\"login\":{\"session\":\"s\",\"user\":\"a\"}}}\n{\"at\":3,\"what\":{\"send\":{\"op\":1,\"session\":\"s\",\"conversation\":\"c\",\"message\":\"m\",\"body\":\"x\"}}}\n{\"at\":4,\"what\":{\"acked\":{\"op\":1,\"epoch\":\"e\",\"seq\":1}}}\n{\"at\":5,\"what\":\"quiet\"}\n",
        ],
    ),
    ("http_chunks", &["\x025\r\nhello\r\n0\r\n\r\n", "\x005;x=\"y\"\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"]),
    (
        "http_head",
        &[
            "POST /v1/users?a=%20 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET /v1/chat HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
        ],
    ),
    ("password", &["correct horse battery staple", "password1", "p4$$w0rd!aB3", "ann@example.org1"]),
    (
        "password_hash",
        &[
            "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2i$v=16$m=64,t=3,p=2$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=64,t=4294967295,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
        ],
    ),
    (
        "redis_entry",
        &[
            "00000000000000000003a0123456789abcdef1700000000000000",
            "ID\n{\"client_url\":\"wss://a/v1/chat\",\"peer_url\":\"http://b\",\"capacity\":10,\"connections\":3,\"draining\":false}",
        ],
    ),
    (
        "redis_reply",
        &[
            "*2\r\n$1\r\na\r\n$2\r\n17\r\n",
            "%1\r\n$1\r\na\r\n$1\r\n1\r\n",
            ":17\r\n",
            "$-1\r\n",
            "-ERR no\r\n",
        ],
    ),
    (
        "redis_url",
        &[
            "redis://ada:a-long-password@example.org:6380/3",
            "rediss://[::1]/#insecure",
            "redis+unix:///run/redis.sock",
        ],
    ),
    ("username", &["Ann_Lee", "мария", "हिन्दी", "Adm1n", "раypal", "ａｎｎ"]),
];

/// A private key made of chance for this file, and one that verifies.
const KEYS: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n-----END PRIVATE KEY-----\nUntil: 1700000000000\n-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEABwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n-----END PUBLIC KEY-----\n";

fn main() -> io::Result<()> {
    for (target, texts) in TEXTS {
        for (n, text) in texts.iter().enumerate() {
            keep(
                target,
                n,
                text.replace("\"KID\"", "\"K-D\"").replace("ID", ID).replace("K-D", "KID").as_bytes(),
            )?;
        }
    }
    keep("key_file", 0, KEYS.as_bytes())?;
    for (n, request) in REQUESTS.iter().enumerate() {
        let text = format!(r#"{{"requestId":{n},{}}}"#, request.replace("ID", ID));
        let frame: v1::ClientFrame = serde_json::from_str(&text)?;
        keep("chat_frame_json", n, text.as_bytes())?;
        keep("chat_frame_binary", n, &frame.encode_to_vec())?;
    }
    // No two bytes the same, so that one in the place of another is seen.
    let bytes: Vec<u8> = (1..=88).collect();
    keep("chat_cursor", 0, &bytes[..24])?;
    keep("chat_cursor", 1, &[&[0], &bytes[..48]].concat())?;
    keep("chat_cursor", 2, &[&[1], &bytes[..72]].concat())?;
    from_redis(&bytes)?;
    from_servers()?;
    between_services()
}

/// Places of the cache, and what stands in them.
fn from_redis(bytes: &[u8]) -> io::Result<()> {
    let values: [&[u8]; 4] = [
        b"\x01a\0\x03ada\0\x03Ada\0\x02hi",
        &[b"\x01\x01", &bytes[..8]].concat(),
        &[b"\x01f", &bytes[..32]].concat(),
        b"\x01m",
    ];
    for (n, value) in values.iter().enumerate() {
        keep("redis_cache", n, value)?;
    }
    keep("redis_cache", values.len(), b"V 1500000 1000000 \x01m")?;
    keep("redis_cache", values.len() + 1, b"L 1500000 1000000 00112233445566778899aabbccddeeff")
}

/// What servers say to clients: the golden frames, some of them as JSON too, and answers over HTTP.
fn from_servers() -> io::Result<()> {
    let golden = include_str!("../../proto/tests/wire/golden/server.txt");
    for (n, frame) in golden.split("\n\n").enumerate() {
        let mut lines = frame.lines().skip(1);
        let (Some(binary), Some(json)) = (lines.next(), lines.next()) else { continue };
        let digits = binary.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
        let binary: Result<Vec<u8>, _> = digits.map(|pair| u8::from_str_radix(pair, 16)).collect();
        keep("client_frame", n, &binary.map_err(io::Error::other)?)?;
        if n % 3 == 0 {
            keep("client_frame", n + 50, json.as_bytes())?;
        }
    }
    let user = r#""user":{"user_id":"ID","username":"ann","display_name":"Ann","bio":"a keeper of many bees","deleted":false,"email":"ann@example.org","created_ms":1,"invisible":false}"#;
    let logged_in = format!(
        r#"{{{user},"session":{{"session_id":"ID"}},"access_token":"a.b.c","expires_in_s":600,"refresh_token":"r","chat_url":"wss://a/v1/chat"}}"#
    );
    let answers = [
        (200_u16, logged_in.as_str()),
        (200, user.split_once(':').map_or("", |(_, user)| user)),
        (200, r#"{"url":"wss://a/v1/chat"}"#),
        (
            429,
            r#"{"type":"about:blank","status":429,"code":"rate_limited","detail":"wait","retry_after_ms":2500}"#,
        ),
        (502, "<html>"),
    ];
    for (n, (status, body)) in answers.iter().enumerate() {
        keep("client_answer", n, &[&status.to_be_bytes(), body.replace("ID", ID).as_bytes()].concat())?;
    }
    Ok(())
}

/// Messages of gRPC, each behind the byte that says which it is.
fn between_services() -> io::Result<()> {
    let id = || ID.to_owned();
    let actor = v1::Actor { user_id: id(), session_id: id(), generation: Some(3) };
    let sent = v1::Sent { epoch: id(), conversation_id: id(), seq: 5, stored_ms: 7, repeated: true };
    let error = v1::Error { code: "rate_limited".to_owned(), retry_after_ms: 5, ..v1::Error::default() };
    let message = v1::Message {
        conversation_id: id(),
        seq: 5,
        sender_id: id(),
        message_id: id(),
        text: "hi".to_owned(),
        stored_ms: 7,
    };
    let deliver = v1::PeerDelivery {
        user_ids: vec![id()],
        event: Some(v1::peer_delivery::Event::Message(message)),
        ..v1::PeerDelivery::default()
    };
    let notice = v1::PeerNotice { notice: Some(v1::peer_notice::Notice::Deliver(deliver)) };
    let envelope = v1::PeerEnvelope { notices: vec![notice] };
    let messages = [
        (0, envelope.encode_to_vec()),
        (1, actor.encode_to_vec()),
        (3, sent.encode_to_vec()),
        (8, b"2001:db8::/64".to_vec()),
        (9, error.encode_to_vec()),
    ];
    for (n, (kind, message)) in messages.iter().enumerate() {
        keep("grpc_message", n, &[&[*kind], message.as_slice()].concat())?;
    }
    Ok(())
}

fn keep(target: &str, n: usize, input: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("example-{n:02}")), input)
}
