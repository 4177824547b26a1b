//! Jobs on a Redis server, for producers and workers on many machines: a stream with a consumer group.
//!
//! The stream holds every job that is neither done nor dead; the group's pending entries are those
//! that a worker has. A lease is the time for which such an entry is idle, so it ends by the clock of
//! the server, and all workers should be given the same one. Each call is one Lua script, which Redis
//! runs whole or, where it dies before, not at all: no job is known and yet not in the stream.
//!
//! What Redis itself keeps when it is killed depends on how it is set up (`appendonly yes`).

mod keeps;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use redis::{AsyncCommands, AsyncConnectionConfig, Client, FromRedisValue, RedisError, Script};

use super::{
    Awaited, Claimed, Counts, Dead, Enqueued, JobStore, Lease, LeasePolicy, NewJob, VANISHED,
    backoff,
};

/// How long to wait for a server that does not say whether it is there.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long to wait for an answer.
const ANSWERING: Duration = Duration::from_secs(30);

/// How many jobs one script puts in: meanwhile the server does nothing else.
const AT_ONCE: usize = 500;

/// All names have the same tag in braces: in a Redis cluster, they are on one machine.
const PRELUDE: &str = "
local jobs, keys, begun, runs = '{asyncdemo}:jobs', '{asyncdemo}:keys', '{asyncdemo}:begun', '{asyncdemo}:runs'
local results, dead, group = '{asyncdemo}:results', '{asyncdemo}:dead', 'workers'
-- The attempts of a job, if this worker has it, and under this lease.
local function held(id, key, worker, lease)
    local entry = redis.call('XPENDING', jobs, group, id, id, 1)[1]
    return entry and entry[2] == worker and redis.call('HGET', begun, key) == lease and entry[4]
end
local function remove(id)
    redis.call('XACK', jobs, group, id)
    redis.call('XDEL', jobs, id)
end
local function bury(id, key, why)
    redis.call('XADD', dead, '*', 'key', key, 'error', why)
    remove(id)
end
-- The entry is free for whoever looks for one that has been idle for so long.
local function put_back(id, idle, attempts)
    redis.call('XCLAIM', jobs, group, 'nobody', 0, id, 'IDLE', idle, 'RETRYCOUNT', attempts, 'JUSTID')
end
";

const ENQUEUE: &str = "
local new = 0
for at = 1, #ARGV, 2 do
    if redis.call('HSETNX', keys, ARGV[at], '') == 1 then
        local id = redis.call('XADD', jobs, '*', 'key', ARGV[at], 'fails', ARGV[at + 1])
        redis.call('HSET', keys, ARGV[at], id)
        new = new + 1
    end
end
return new";

/// First what nobody has had, then what has been idle for a lease.
const CLAIM: &str = "
local worker, lease, attempts, vanished = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local function take(entry)
    local key = entry[2][2]
    redis.call('INCR', runs)
    return {entry[1], key, entry[2][4], redis.call('HINCRBY', begun, key, 1)}
end
local read = redis.call('XREADGROUP', 'GROUP', group, worker, 'COUNT', 1, 'STREAMS', jobs, '>')
if read then return take(read[1][2][1]) end
local cursor = '0-0'
repeat
    local found = redis.call('XAUTOCLAIM', jobs, group, worker, lease, cursor, 'COUNT', 1)
    cursor = found[1]
    for _, entry in ipairs(found[2]) do
        if redis.call('XPENDING', jobs, group, entry[1], entry[1], 1)[1][4] <= attempts then
            return take(entry)
        end
        bury(entry[1], entry[2][2], vanished)
    end
until cursor == '0-0'
if redis.call('XLEN', jobs) > 0 then return {'wait'} end
-- Workers that have gone are remembered by the group until it is empty.
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', jobs, group)) do
    redis.call('XGROUP', 'DELCONSUMER', jobs, group, consumer[2])
end
return {}";

const EXTEND: &str = "
if not held(ARGV[1], ARGV[2], ARGV[3], ARGV[4]) then return 0 end
redis.call('XCLAIM', jobs, group, ARGV[3], 0, ARGV[1], 'IDLE', 0, 'JUSTID')
return 1";

const COMPLETE: &str = "
if not held(ARGV[1], ARGV[2], ARGV[3], ARGV[4]) then return 0 end
redis.call('HSET', results, ARGV[2], ARGV[5])
remove(ARGV[1])
return 1";

const FAIL: &str = "
local attempt = held(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
if not attempt then return 0 end
local why, lease, attempts = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local rest = tonumber(ARGV[7 + math.min(attempt, #ARGV - 7)])
if attempt >= attempts then
    bury(ARGV[1], ARGV[2], why)
else
    put_back(ARGV[1], math.max(lease - rest, 0), attempt)
end
return 1";

const GIVE_BACK: &str = "
local attempt = held(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
if not attempt then return 0 end
put_back(ARGV[1], 86400000, attempt - 1)
return 1";

const COUNTS: &str = "
local pending, back = redis.call('XPENDING', jobs, group), 0
for _, consumer in ipairs(pending[4] or {}) do
    if consumer[1] == 'nobody' then back = tonumber(consumer[2]) end
end
local leased = pending[1] - back
return {redis.call('HLEN', keys), redis.call('XLEN', jobs) - leased, leased,
    redis.call('HLEN', results), redis.call('XLEN', dead),
    tonumber(redis.call('GET', runs) or 0), redis.call('HLEN', begun)}";

/// Jobs on a Redis server.
#[derive(Clone)]
pub struct RedisJobs {
    /// Its URL, without a password.
    shown: String,
    /// What it keeps when it goes down: reads on after `It`.
    keeps: String,
    connection: MultiplexedConnection,
}

impl RedisJobs {
    /// Connects to the server with this URL, as in `redis://localhost:6379/0`.
    ///
    /// # Errors
    /// Where no server answers, or it does not let us in.
    pub async fn connect(url: &str) -> Result<Self> {
        let shown = without_password(url);
        let not_there = |error: RedisError| {
            let advice = match error.code() {
                Some("WRONGTYPE") => {
                    "Another program has a key {asyncdemo}:jobs there: choose another database, as in redis://localhost:6379/1."
                }
                _ => "Start one, or check host, port and password.",
            };
            let why = error.to_string();
            let why = why.trim_end_matches('.');
            anyhow!("no Redis server can be used at {shown}: {why}. {advice}")
        };
        let client = Client::open(url).map_err(not_there)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(ANSWERING));
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(not_there)?;
        let made: Result<(), RedisError> = connection
            .xgroup_create_mkstream("{asyncdemo}:jobs", "workers", 0)
            .await;
        match made {
            // Where its memory is full, what is there can be read all the same.
            Err(error) if !matches!(error.code(), Some("BUSYGROUP" | "OOM")) => {
                Err(not_there(error))
            }
            _ => Ok(Self {
                shown,
                keeps: keeps::keeps(&connection).await,
                connection,
            }),
        }
    }

    /// Its URL, without a password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    async fn script<T: FromRedisValue>(&self, code: &str, values: &[String]) -> Result<T> {
        let script = Script::new(&format!("{PRELUDE}{code}"));
        let mut invocation = script.prepare_invoke();
        for value in values {
            invocation.arg(value);
        }
        let answer = invocation
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(|error: RedisError| self.explain(&error))?;
        Ok(answer)
    }

    fn explain(&self, error: &RedisError) -> anyhow::Error {
        let advice = match error.code() {
            _ if error.is_io_error() || error.is_connection_dropped() => format!(
                ". It {}. What it has kept is there when it is back: then work again.",
                self.keeps
            ),
            Some("OOM") => {
                ". Its memory is full (maxmemory): what it has accepted is there. Give it more, and work again.".to_owned()
            }
            Some("NOGROUP") => format!(
                ". Its jobs were removed meanwhile, by hand or by a restart: it {}.",
                self.keeps
            ),
            Some("MISCONF") => {
                ". It cannot write to its disk: see to that, and work again.".to_owned()
            }
            _ => String::new(),
        };
        let why = error.to_string();
        let why = why.trim_end_matches('.');
        anyhow!("the Redis server at {} failed: {why}{advice}", self.shown)
    }

    /// A script that begins with whose lease it is.
    async fn under_lease(&self, code: &str, held: &Lease, more: Vec<String>) -> Result<bool> {
        let mut values = vec![
            held.id.clone(),
            held.key.clone(),
            held.worker.clone(),
            held.lease.to_string(),
        ];
        values.extend(more);
        self.script(code, &values).await
    }
}

/// The URL as it may be shown.
fn without_password(url: &str) -> String {
    match url
        .split_once("://")
        .map(|(scheme, rest)| (scheme, rest.rsplit_once('@')))
    {
        Some((scheme, Some((_, place)))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}

fn ms(duration: Duration) -> String {
    duration.as_millis().to_string()
}

impl JobStore for RedisJobs {
    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Enqueued> {
        let mut enqueued = Enqueued::default();
        for some in jobs.chunks(AT_ONCE) {
            let values: Vec<String> = some
                .iter()
                .flat_map(|job| [job.key.clone(), u8::from(job.fails).to_string()])
                .collect();
            let new: u32 = self.script(ENQUEUE, &values).await?;
            enqueued.new += new;
            enqueued.already_there += u32::try_from(some.len())?.saturating_sub(new);
        }
        Ok(enqueued)
    }

    async fn claim(&self, worker: &str, policy: LeasePolicy) -> Result<Claimed> {
        let values = [
            worker.to_owned(),
            ms(policy.lease),
            policy.attempts.to_string(),
            VANISHED.to_owned(),
        ];
        let taken: Vec<String> = self.script(CLAIM, &values).await?;
        Ok(match &taken[..] {
            [id, key, fails, lease] => Claimed::Job(Lease {
                id: id.clone(),
                key: key.clone(),
                fails: fails == "1",
                worker: worker.to_owned(),
                lease: lease
                    .parse()
                    .with_context(|| format!("`{lease}` is no number of a lease"))?,
            }),
            [] => Claimed::Empty,
            // When the next one will be free is not known here; the worker looks again soon.
            _ => Claimed::Wait {
                awaited: Awaited::Either,
                time: Duration::MAX,
            },
        })
    }

    async fn extend(&self, held: &Lease, _: LeasePolicy) -> Result<bool> {
        self.under_lease(EXTEND, held, Vec::new()).await
    }

    async fn complete(&self, held: &Lease, result: String) -> Result<bool> {
        self.under_lease(COMPLETE, held, vec![result]).await
    }

    async fn fail(&self, held: &Lease, why: String, policy: LeasePolicy) -> Result<bool> {
        let mut more = vec![why, ms(policy.lease), policy.attempts.to_string()];
        // The script knows which attempt this was, and takes the rest that belongs to it.
        more.extend((1..=8).map(|attempt| ms(backoff(attempt))));
        self.under_lease(FAIL, held, more).await
    }

    async fn give_back(&self, held: &Lease) -> Result<bool> {
        self.under_lease(GIVE_BACK, held, Vec::new()).await
    }

    async fn counts(&self) -> Result<Counts> {
        let [jobs, waiting, leased, done, dead, runs, begun]: [u32; 7] =
            self.script(COUNTS, &[]).await?;
        Ok(Counts {
            jobs,
            waiting,
            leased,
            done,
            dead,
            runs,
            repeats: runs.saturating_sub(begun),
        })
    }

    async fn dead(&self, most: u32) -> Result<Vec<Dead>> {
        let reply: StreamRangeReply = self
            .connection
            .clone()
            .xrange_count("{asyncdemo}:dead", "-", "+", most)
            .await
            .map_err(|error| self.explain(&error))?;
        let entries = reply.ids.iter().map(|entry| Dead {
            key: entry.get("key").unwrap_or_default(),
            error: entry.get("error").unwrap_or_default(),
        });
        Ok(entries.collect())
    }

    /// The server answers from what it keeps: there is no other place to look.
    async fn verify(&self) -> Result<()> {
        Ok(())
    }

    fn keeps(&self) -> Option<&str> {
        Some(&self.keeps)
    }

    async fn results(&self) -> Result<Vec<(String, String)>> {
        let mut connection = self.connection.clone();
        let failed = |error| self.explain(&error);
        let ids: HashMap<String, String> = connection
            .hgetall("{asyncdemo}:keys")
            .await
            .map_err(failed)?;
        let results: HashMap<String, String> = connection
            .hgetall("{asyncdemo}:results")
            .await
            .map_err(failed)?;
        // An id is a time and a number, `1700000000000-3`.
        let place = |key: &str| {
            let (time, number) = ids.get(key)?.split_once('-')?;
            Some((time.parse::<u64>().ok()?, number.parse::<u64>().ok()?))
        };
        let mut results: Vec<_> = results.into_iter().collect();
        results.sort_by_key(|(key, _)| place(key));
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(
            without_password("redis://me:s@crt@host:1/0"),
            "redis://host:1/0"
        );
        assert_eq!(without_password("redis://host:1/0"), "redis://host:1/0");
    }
}
