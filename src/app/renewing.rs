//! Certificates and tokens are looked at again and again, so that a renewed one needs no restart, and a token that is taken back opens
//! nothing any more.

use crate::serve::{Tls, Tokens};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How soon what has changed is found.
const LOOK_AGAIN_EVERY: Duration = Duration::from_secs(2);

/// The task that looks. It ends with whoever has begun it.
pub(super) struct Renewing(JoinHandle<()>);

impl Renewing {
    /// Begins to look.
    pub(super) fn start(tls: Option<Arc<Tls>>, tokens: Arc<Tokens>) -> Self {
        Self(tokio::spawn(async move {
            let mut told = Told::default();
            loop {
                tokio::time::sleep(LOOK_AGAIN_EVERY).await;
                let (tls, tokens) = (tls.clone(), tokens.clone());
                let looked = tokio::task::spawn_blocking(move || {
                    let tls = tls.map_or(Ok(false), |tls| tls.look_again()).map_err(|error| error.to_string());
                    (tls, tokens.look_again().map_err(|error| error.to_string()))
                });
                // It only fails when the process is ending.
                let Ok((tls, of_tokens)) = looked.await else { continue };
                tell("certificate", tls, &mut told.tls);
                tell("tokens", of_tokens, &mut told.tokens);
            }
        }))
    }
}

impl Drop for Renewing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What was wrong at the last look: it is not said at each of them.
#[derive(Default)]
struct Told {
    tls: Option<String>,
    tokens: Option<String>,
}

fn tell(what: &str, looked: Result<bool, String>, told: &mut Option<String>) {
    match looked {
        Ok(true) => tracing::info!("{what}: changed; the new holds from now on"),
        Err(error) if told.as_ref() != Some(&error) => {
            tracing::warn!("{what}: what was read before stays, for the new cannot be used: {error}");
            *told = Some(error);
            return;
        }
        Err(_) => return,
        Ok(false) => {}
    }
    *told = None;
}
