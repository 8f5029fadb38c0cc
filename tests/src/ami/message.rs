//! One message of the manager interface: `Key: Value` lines.

/// Microseconds since 1970, as `timestampevents=yes` writes them.
pub type Micros = i64;

/// A response or an event.
#[derive(Clone, Debug, Default)]
pub struct Message {
    fields: Vec<(String, String)>,
}

impl Message {
    /// Adds a line as it came, without its line end.
    pub(super) fn add_line(&mut self, line: &str) {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        self.fields.push((key.to_owned(), value.trim_start().to_owned()));
    }

    /// The first value of this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Whether it is an event of this name, and not an answer.
    pub fn is_event(&self, name: &str) -> bool {
        self.get("Event") == Some(name)
    }

    /// Whether it says that a device now has this aggregate.
    pub fn says(&self, device: &str, state: &str) -> bool {
        self.is_event("DeviceStateChange")
            && self.get("Device") == Some(device)
            && self.get("State") == Some(state)
    }

    /// When Asterisk made it.
    pub fn time(&self) -> Micros {
        let text = self.get("Timestamp").expect("timestampevents=yes");
        let (seconds, micros) = text.split_once('.').expect("seconds.micros");
        let number = |text: &str| text.parse::<Micros>().expect("a number");
        number(seconds) * 1_000_000 + number(micros)
    }
}
