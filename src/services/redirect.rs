//! What an answer's status asks of the client: to read it, to ask elsewhere, or to give up.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{StatusCode, Url};

use super::failure::Failure;
use super::local::is_this_machine;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// Where one GET has led so far.
#[derive(Debug)]
pub(super) struct Trail {
    from_here: bool,
    url: Url,
    hops: usize,
}

impl Trail {
    /// # Errors
    /// Where that is no URL.
    pub(super) fn from(url: &str) -> Result<Self, Failure> {
        let url = Url::parse(url).map_err(|why| Failure::Other(why.to_string()))?;
        Ok(Self {
            from_here: is_this_machine(&url),
            url,
            hops: 0,
        })
    }

    /// Where to ask now.
    pub(super) fn url(&self) -> Url {
        self.url.clone()
    }

    /// Whether the answer leads on to another URL. Only 2xx and 304 are answers to be read.
    ///
    /// # Errors
    /// Any other status; and a redirect that is one too many, leads nowhere, or leads away from this machine: a server
    /// here cannot send hundreds of requests on to somebody else's.
    pub(super) fn leads_on(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<bool, Failure> {
        if let Some(to) = headers.get(LOCATION).filter(|_| redirects(status)) {
            let to = to.to_str().ok().and_then(|to| self.url.join(to).ok());
            self.follow(to)?;
            return Ok(true);
        }
        accepted(status).map_err(|failure| self.lost(failure))?;
        Ok(false)
    }

    fn follow(&mut self, to: Option<Url>) -> Result<(), Failure> {
        let refused = |why: String| Err(Failure::Redirects(why));
        let Some(to) = to else {
            return refused("the address it leads to is no URL".to_owned());
        };
        if self.hops == REDIRECTS {
            return refused(format!("more than {REDIRECTS} redirects"));
        }
        if !matches!(to.scheme(), "http" | "https") {
            return refused(format!("it leads to {}:, which is not http", to.scheme()));
        }
        if self.from_here && !is_this_machine(&to) {
            let host = to.host_str().unwrap_or_default();
            return refused(format!("it leads away from this machine, to {host}"));
        }
        self.hops += 1;
        self.url = to;
        Ok(())
    }

    /// A failure with the URL at which it came to that, if that is not the first one.
    pub(super) fn lost(&self, why: Failure) -> Failure {
        if self.hops == 0 {
            return why;
        }
        let mut url = self.url.clone();
        // Shown to people: without what is nobody's business.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Failure::Redirected {
            url: url.into(),
            why: Box::new(why),
        }
    }
}

/// The statuses whose `Location` says where the answer is.
fn redirects(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Success is 2xx, and 304 too: it says that the answer is as it was.
///
/// # Errors
/// Any other status.
pub(super) fn accepted(status: StatusCode) -> Result<(), Failure> {
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        Ok(())
    } else {
        Err(Failure::Status(status.as_u16()))
    }
}
