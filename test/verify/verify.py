"""Recomputes what `allot export --what draws` wrote, from docs/fairness.md alone: verify.py DIR.

Prints how much came out as recorded, as JSON; ends with an error where anything did not. Tickets' numbers are left out: they take AES, which Python
comes without.
"""

import datetime
import hashlib
import hmac
import json
import sys
import zoneinfo

folder = sys.argv[1]


def lines(name):
    with open(folder + "/" + name, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def mac(key, *fields):
    data = b""
    for field in fields:
        field = field if isinstance(field, bytes) else str(field).encode()
        data += len(field).to_bytes(4, "big") + field
    return hmac.new(key, data, hashlib.sha256).digest()


def pick(seed, count, winners):
    places = list(range(count))
    for k in range(min(winners, count)):
        below = count - k
        attempt = 0
        while True:
            drawn = int.from_bytes(mac(seed, "pick", k, attempt)[:6], "big")
            if drawn < 2**48 - 2**48 % below:
                break
            attempt += 1
        other = k + drawn % below
        places[k], places[other] = places[other], places[k]
    return places[: min(winners, count)]


def same(what, recorded, due):
    if recorded != due:
        sys.exit(f"{what}: recorded {recorded}, recomputed {due}")


for file in lines("manifest.json")[0]["files"]:
    with open(folder + "/" + file["name"], "rb") as opened:
        same(file["name"], file["sha256"], hashlib.sha256(opened.read()).hexdigest())

head = lines("campaign.json")[0]
campaign = head["campaign"]
kind = campaign["mechanic"]["kind"]
secret = bytes.fromhex(campaign["secret"])
same("commitment", campaign["commitment"], hashlib.sha256(secret).hexdigest())
entries = lines("entries.ndjson")
revisions = {one["revision"]: one for one in campaign["revisions"]}
done = {"draws": 0, "won": 0, "tickets": 0, "ballots": 0, "rounds": 0, "winners": 0}

numbers = {}
for entry in entries:
    zone = zoneinfo.ZoneInfo(revisions[entry["revision"]]["timeZone"])
    day = datetime.datetime.fromtimestamp(entry["timeMs"] // 1000, zone).date().isoformat()
    same("date", entry["date"], day)
    if kind == "instant-win":
        user = bytes.fromhex(entry["user"])
        u = int.from_bytes(mac(secret, "draw", campaign["id"], user, day, entry["number"])[:6], "big")
        number, end, due = u * 1_000_000 // 2**48, 0, None
        for prize in revisions[entry["revision"]]["prizes"]:
            end += prize["oddsPpm"]
            if number < end:
                due = prize["id"]
                break
        same(f"draw of {entry['user']}, {day}, {entry['number']}", entry.get("drawn"), due)
        same("given", entry.get("given"), due if "given" in entry else None)
        done["draws"] += 1
        done["won"] += "given" in entry

if kind == "raffle":
    tickets = sorted(entries, key=lambda entry: entry["offset"])
    records = b"".join(one["offset"].to_bytes(6, "big") + bytes.fromhex(one["user"]) for one in tickets)
    draw = head["raffleDraw"]
    digest = hashlib.sha256(records).digest()
    same("digest", draw["digest"], digest.hex())
    prizes = [one["id"] for one in campaign["revisions"][-1]["prizes"] for _ in range(one["quota"])]
    seed = mac(secret, "winners", campaign["id"], "", digest, bytes.fromhex(draw["entropy"]))
    due = [
        {"rank": k + 1, "prize": prizes[k], "offset": tickets[place]["offset"], "ticket": tickets[place]["ticket"]}
        for k, place in enumerate(pick(seed, len(tickets), len(prizes)))
    ]
    same("winners", lines("winners.ndjson"), due)
    done["tickets"], done["winners"] = len(tickets), len(due)

if kind == "lottery":
    won = lines("winners.ndjson")
    ids = [one["id"] for one in campaign["revisions"][-1]["prizes"]]
    for one in lines("rounds.ndjson"):
        date = one["date"]
        key = mac(secret, "round", campaign["id"], date)
        same("round's commitment", one["commitment"], hashlib.sha256(key).hexdigest())
        if "draw" not in one:
            continue
        ballots = [entry for entry in entries if entry["date"] == date]
        records = b"".join(
            bytes.fromhex(entry["user"]) + entry["number"].to_bytes(2, "big") + entry["timeMs"].to_bytes(6, "big")
            for entry in ballots
        )
        digest = hashlib.sha256(records).digest()
        same("round's digest", one["draw"]["digest"], digest.hex())
        prizes = [ids[no] for no, quota in enumerate(one["quotas"]) for _ in range(quota)]
        seed = mac(key, "winners", campaign["id"], date, digest, bytes.fromhex(one["draw"]["entropy"]))
        keys = ["partition", "epoch", "n", "i", "user"]
        due = [
            {"date": date, "rank": k + 1, "prize": prizes[k], **{name: ballots[place][name] for name in keys}}
            for k, place in enumerate(pick(seed, len(ballots), len(prizes)))
        ]
        same(f"winners of {date}", [winner for winner in won if winner["date"] == date], due)
        done["rounds"] += 1
        done["ballots"] += len(ballots)
        done["winners"] += len(due)

print(json.dumps(done))
