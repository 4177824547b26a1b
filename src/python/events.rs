//! What the recorder in Python sends, as `_stream.py` describes it.

use std::io::{self, ErrorKind, Read};

use serde::Deserialize;

/// A frame longer than this is none: the recorder sends twenty a second.
const LONGEST: usize = 64 << 20;

/// One frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The first: who is there, and from when its clock counts.
    Hello(Hello),
    /// From now on this number stands for this text.
    Text(i64, String),
    /// Something that no event says.
    Told(Told),
    /// All has been sent.
    Over,
    /// What happened.
    Events(Vec<Event>),
}

/// What a process says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Hello {
    /// The version of the stream.
    pub asyncdemo: u32,
    /// `CPython`.
    pub implementation: String,
    /// `3.13.0`.
    pub version: String,
    /// Nanoseconds of its clock at which it began.
    pub origin: i64,
    /// Its number.
    pub pid: u32,
}

/// What the recorder found, and how much of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// `never_awaited`, `lost_exception`, `pool_full`, `no_awaits`.
    pub finding: String,
    /// Of what: the name of a coroutine, of a pool.
    #[serde(default)]
    pub subject: String,
    /// Its place in the source, or the name of an exception.
    #[serde(default)]
    pub detail: String,
    /// How many threads a pool has.
    #[serde(default)]
    pub count: u64,
    /// How long something waited.
    #[serde(default)]
    pub nanos: u64,
}

/// What happened to a lane, a thread or a loop. Instants are nanoseconds of the process's own clock; a text, a
/// thread, a loop is the number that it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "what is said above, and `class Event` in _stream.py"
)]
pub enum Event {
    Made { lane: i64, at: i64, by: i64 },
    Kind { lane: i64, on: i64, kind: i64 },
    Group { lane: i64, text: i64 },
    Label { lane: i64, text: i64, place: i64 },
    Poll { lane: i64, start: i64, end: i64 },
    Wake { lane: i64, at: i64 },
    End { lane: i64, at: i64, how: i64 },
    On { lane: i64, thread: i64 },
    Seen { lane: i64, poll: i64, text: i64 },
    Thread { thread: i64, name: i64 },
    Runs { on: i64, at: i64, thread: i64 },
    Beat { on: i64, due: i64, at: i64 },
}

/// Why no more can be read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The connection broke.
    #[error("the connection to the program broke: {0}")]
    Broken(#[from] io::Error),
    /// Not what `_stream.py` sends.
    #[error("what the recorder sent cannot be read: {0}")]
    Malformed(String),
}

/// The next frame. `None` where the stream ends, which it may at any byte: a process that is killed sends no more.
///
/// # Errors
/// Where it breaks, or is none.
pub fn read(stream: &mut impl Read) -> Result<Option<Frame>, StreamError> {
    let mut head = [0; 5];
    if !filled(stream, &mut head)? {
        return Ok(None);
    }
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        let why = format!("a frame of {length} bytes");
        return Err(StreamError::Malformed(why));
    }
    let mut body = vec![0; length];
    if !filled(stream, &mut body)? {
        return Ok(None);
    }
    match kind {
        b'T' => said(&body).map(Some),
        b'N' => events(&body).map(|events| Some(Frame::Events(events))),
        _ => Err(StreamError::Malformed(format!("a frame of kind {kind}"))),
    }
}

/// Whether the stream had so much left.
fn filled(stream: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match stream.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Spoken {
    Text(i64, String),
    Over {
        #[serde(rename = "over")]
        _over: bool,
    },
    Hello(Hello),
    Told(Told),
}

fn said(body: &[u8]) -> Result<Frame, StreamError> {
    match serde_json::from_slice(body) {
        Ok(Spoken::Over { .. }) => Ok(Frame::Over),
        Ok(Spoken::Text(number, text)) => Ok(Frame::Text(number, text)),
        Ok(Spoken::Hello(hello)) => Ok(Frame::Hello(hello)),
        Ok(Spoken::Told(told)) => Ok(Frame::Told(told)),
        Err(error) => Err(StreamError::Malformed(error.to_string())),
    }
}

fn events(body: &[u8]) -> Result<Vec<Event>, StreamError> {
    let (events, rest) = body.as_chunks::<32>();
    if !rest.is_empty() {
        let why = format!("{} bytes after the last event", rest.len());
        return Err(StreamError::Malformed(why));
    }
    events.iter().map(event).collect()
}

fn event(bytes: &[u8; 32]) -> Result<Event, StreamError> {
    let (words, _) = bytes.as_chunks::<8>();
    let word = |at: usize| words.get(at).map_or(0, |word| i64::from_ne_bytes(*word));
    Ok(match std::array::from_fn(word) {
        [1, lane, at, by] => Event::Made { lane, at, by },
        [2, lane, on, kind] => Event::Kind { lane, on, kind },
        [3, lane, text, _] => Event::Group { lane, text },
        [4, lane, text, place] => Event::Label { lane, text, place },
        [5, lane, start, end] => Event::Poll { lane, start, end },
        [6, lane, at, _] => Event::Wake { lane, at },
        [7, lane, at, how] => Event::End { lane, at, how },
        [8, lane, thread, _] => Event::On { lane, thread },
        [9, lane, poll, text] => Event::Seen { lane, poll, text },
        [10, thread, name, _] => Event::Thread { thread, name },
        [11, on, at, thread] => Event::Runs { on, at, thread },
        [12, on, due, at] => Event::Beat { on, due, at },
        [kind, ..] => return Err(StreamError::Malformed(format!("an event of kind {kind}"))),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        [&[kind], &length[..], body].concat()
    }

    #[test]
    fn texts_and_events_are_read_one_after_the_other() {
        let poll = [5_i64, 7, 100, 250].map(i64::to_ne_bytes).concat();
        let stream = [
            frame(b'T', b"[3, \"fetch\"]"),
            frame(b'N', &poll),
            frame(b'T', b"{\"finding\": \"no_awaits\"}"),
        ]
        .concat();
        let mut stream = &stream[..];
        let mut next = || read(&mut stream).unwrap();
        assert_eq!(next(), Some(Frame::Text(3, "fetch".to_owned())));
        let poll = Event::Poll {
            lane: 7,
            start: 100,
            end: 250,
        };
        assert_eq!(next(), Some(Frame::Events(vec![poll])));
        let told = Told {
            finding: "no_awaits".to_owned(),
            ..Told::default()
        };
        assert_eq!(next(), Some(Frame::Told(told)));
        assert_eq!(next(), None);
    }

    #[test]
    fn what_is_no_frame_is_refused_and_a_cut_one_is_the_end() {
        let refused = |bytes: &[u8]| read(&mut &*bytes).unwrap_err().to_string();
        assert!(refused(&frame(b'X', b"")).contains("kind 88"));
        assert!(refused(&frame(b'N', &[0; 33])).contains("1 bytes after"));
        assert!(refused(&frame(b'N', &[0; 32])).contains("event of kind 0"));
        assert!(refused(&frame(b'T', b"{}")).contains("cannot be read"));
        assert!(refused(&[b'N', 255, 255, 255, 255]).contains("4294967295 bytes"));
        let whole = frame(b'T', b"[3, \"fetch\"]");
        for cut in 0..whole.len() {
            assert_eq!(read(&mut &whole[..cut]).unwrap(), None, "{cut}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut stream = &bytes[..];
            while let Ok(Some(_)) = read(&mut stream) {}
        }
    }
}
