/* What is asked for from above, as bytes: peers, keys, addresses, rights, routes, ears. Trusts no length and no number.
 *
 * One command is an operation byte and its body, integers in network order; several may follow one another. The
 * writer's copy is media/engine/native_commands.py.
 */
#include <stdlib.h>

#include "core.h"

enum { ADD_PEER = 1, LINK, MOVE, ACCEPT, REMOVE_PEER, PERMIT, FEED, ADD_TAP, REMOVE_TAP, FEED_TAP, BUDGET, EXTEND, NAME };
enum { LINES_MAX = 2 * SLOTS_MAX, ROUTES_MAX = 1024 };

typedef struct {
    const uint8_t *data;
    size_t size, at;
    bool bad;
} reader;

static const uint8_t *take(reader *r, size_t size) {
    static const uint8_t nothing[64]; /* more than any caller asks for at once */
    if (r->bad || size > r->size - r->at) {
        r->bad = true;
        return nothing;
    }
    r->at += size;
    return r->data + r->at - size;
}

static uint8_t take8(reader *r) { return *take(r, 1); }
static uint16_t take16(reader *r) { return get16(take(r, 2)); }
static uint32_t take32(reader *r) { return get32(take(r, 4)); }

static int take_count(reader *r, int most) {
    int count = take8(r);
    if (count > most) r->bad = true;
    return r->bad ? 0 : count;
}

static void take_name(reader *r, name *n) {
    n->size = (uint8_t)take_count(r, NAME_MAX_BYTES);
    memcpy(n->text, take(r, n->size), n->size);
}

static uint8_t take_types(reader *r, type *types) {
    int count = take_count(r, TYPES_MAX);
    for (int i = 0; i < count; i++) {
        types[i].number = take8(r) & 0x7F;
        types[i].codec = take8(r);
        types[i].rtx = take8(r) & 0x7F;
        types[i].clock = take32(r);
        if (types[i].codec >= CODECS || !types[i].clock) r->bad = true;
    }
    return (uint8_t)count;
}

static address take_address(reader *r) {
    address a;
    memset(&a, 0, sizeof a);
    memcpy(a.ip, take(r, 16), 16);
    a.port = take16(r);
    return a;
}

static peer *take_peer(core *c, reader *r) {
    uint32_t number = take32(r);
    return !r->bad && number < PEERS_MAX ? c->peers[number] : NULL;
}

/* -- peers -------------------------------------------------------------------------------------------------------- */

static void take_uplink(reader *r, peer *p) {
    int kind = take8(r) & 1;
    uplink fresh, *u = p->up[kind].type_count ? &fresh : &p->up[kind]; /* streams point to the one that is known */
    memset(u, 0, sizeof *u);
    take_name(r, &u->mid);
    u->type_count = take_types(r, u->types);
    u->rid_count = (uint8_t)take_count(r, RIDS_MAX);
    for (int i = 0; i < u->rid_count; i++) take_name(r, &u->rids[i]);
    u->ssrc_count = (uint8_t)take_count(r, 2);
    for (int i = 0; i < u->ssrc_count; i++) u->ssrcs[i] = take32(r);
}

static void take_line(reader *r, core *c, peer *p, line *l) {
    l->to = p;
    l->f.is_line = true;
    l->f.source = -1;
    l->slot = take8(r);
    l->f.kind = take8(r) & 1;
    l->ssrc = take32(r);
    l->rtx_ssrc = take32(r);
    take_name(r, &l->mid);
    take_name(r, &l->cname);
    l->type_count = take_types(r, l->types);
    /* Low first numbers: a wrap among the first lost packets would desynchronise SRTP (RFC 3711 §3.3.1). */
    l->next_sequence = l->ssrc & 0x7FFF;
    l->rtx_sequence = l->ssrc >> 8 & 0x7FFF;
    l->last_timestamp = (l->ssrc * 2654435761u) & 0x7FFFFFFF;
    l->last_at = NEVER;
    l->repeat_second = -1;
    window_clear(&l->sent);
    window_clear(&l->rtx_sent);
    if (l->f.kind == VIDEO && !l->rtx_ssrc && (l->wires = calloc(c->set.history_packets, sizeof *l->wires)))
        l->wire_count = c->set.history_packets;
}

static void remove_peer(core *c, uint32_t number);

static bool is_known(const peer *p, uint32_t ssrc) {
    for (int i = 0; i < p->line_count; i++)
        if (p->lines[i]->ssrc == ssrc) return true;
    return false;
}

/* What was agreed with a peer; of lines that it has already nothing changes. */
static void take_agreement(core *c, reader *r, peer *p) {
    for (int i = take_count(r, 2); i > 0; i--) take_uplink(r, p);
    uint8_t *ids[] = {&p->level_id, &p->mid_id, &p->rid_id, &p->repaired_id, &p->cc_id,
                      &p->slot_mid_id, &p->slot_time_id, &p->slot_cc_id};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if ((*ids[i] = take8(r)) > 14) r->bad = true; /* the one-byte form has no more */
    if (p->cc_id && !p->cc && (p->cc = calloc(1, sizeof *p->cc))) p->cc->highest = -1;
    int count = take_count(r, LINES_MAX);
    line **more = realloc(p->lines, (size_t)(p->line_count + count + 1) * sizeof *more);
    if (!more) r->bad = true;
    else p->lines = more;
    for (int i = 0; i < count && !r->bad; i++) {
        line *l = calloc(1, sizeof *l);
        if (l) take_line(r, c, p, l);
        else r->bad = true;
        if (!r->bad && !is_known(p, l->ssrc) && p->line_count < LINES_MAX) {
            p->lines[p->line_count++] = l;
        } else if (l) {
            free(l->wires);
            free(l);
        }
    }
}

static void add_peer(core *c, reader *r) {
    uint32_t number = take32(r);
    if (r->bad || number >= PEERS_MAX) {
        r->bad = true;
        return;
    }
    remove_peer(c, number);
    peer *p = calloc(1, sizeof *p);
    if (!p) {
        r->bad = true;
        return;
    }
    c->peers[number] = p;
    p->number = (int)number;
    p->budget_bps = UINT32_MAX;
    p->heard_at = NEVER;
    p->rtcp_second = -1;
    p->out_first = p->out_last = -1;
    p->may = take8(r) & 3;
    take_agreement(c, r, p);
    p->present = true;
    if (r->bad) remove_peer(c, number);
}

static void rebuild_sources(core *c) {
    uint32_t count = 0, room = 64;
    for (int n = 0; n < PEERS_MAX; n++)
        if (c->peers[n]) count += (uint32_t)c->peers[n]->accepted_count;
    while (room < 2 * count) room *= 2;
    source *fresh = malloc(room * sizeof *fresh);
    if (!fresh) return; /* the old table stays: those who left are not linked, those who came are heard later */
    for (uint32_t i = 0; i < room; i++) fresh[i].peer = -1;
    free(c->sources);
    c->sources = fresh;
    c->source_room = room;
    for (int n = 0; n < PEERS_MAX; n++)
        for (int i = 0; c->peers[n] && i < c->peers[n]->accepted_count; i++) {
            const address *a = &c->peers[n]->accepted[i];
            uint32_t at = address_hash(a) & (room - 1);
            while (fresh[at].peer >= 0 && memcmp(&fresh[at].from, a, sizeof *a)) at = (at + 1) & (room - 1);
            fresh[at].from = *a;
            fresh[at].peer = n;
        }
}

static void remove_peer(core *c, uint32_t number) {
    peer *p = c->peers[number];
    if (!p) return;
    bool known = p->accepted_count > 0;
    peer_clear(c, p);
    free(p);
    c->peers[number] = NULL;
    if (known) rebuild_sources(c);
}

static void link_peer(core *c, reader *r) {
    peer *p = take_peer(c, r);
    int profile = take8(r), half = srtp_master_bytes(profile);
    if (half < 0 || (profile == SRTP_CLEAR && !c->set.clear)) {
        r->bad = true;
        return;
    }
    const uint8_t *send = take(r, (size_t)half), *receive = take(r, (size_t)half);
    address at = take_address(r);
    if (r->bad || !p || p->linked) return;
    if (srtp_init(&p->keys, profile, send, receive, (size_t)half)) {
        r->bad = true;
        return;
    }
    p->at = at;
    p->heard_at = c->now;
    p->linked = true;
}

static void accept_from(core *c, reader *r) {
    peer *p = take_peer(c, r);
    int count = take_count(r, ADDRESSES_MAX);
    address *all = calloc((size_t)count + 1, sizeof *all);
    for (int i = 0; i < count; i++) {
        address a = take_address(r);
        if (all) all[i] = a;
    }
    if (r->bad || !p || !all) {
        free(all);
        return;
    }
    free(p->accepted);
    p->accepted = all;
    p->accepted_count = count;
    rebuild_sources(c);
}

/* -- routes ------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t publisher, width_px;
    uint8_t kind, slot;
} route;

static int take_routes(reader *r, route *routes) {
    int count = take16(r);
    if (count > ROUTES_MAX) r->bad = true;
    for (int i = 0; i < count && !r->bad; i++) {
        routes[i].publisher = take32(r);
        routes[i].kind = take8(r) & 1;
        routes[i].slot = take8(r);
        routes[i].width_px = take32(r);
        if (routes[i].publisher >= PEERS_MAX) r->bad = true;
    }
    return r->bad ? 0 : count;
}

static const route *route_of(const route *routes, int count, const line *l) {
    for (int i = 0; i < count; i++)
        if (routes[i].slot == l->slot && routes[i].kind == l->f.kind) return &routes[i];
    return NULL;
}

static void feed_peer(core *c, reader *r) {
    route routes[ROUTES_MAX];
    peer *p = take_peer(c, r);
    int count = take_routes(r, routes);
    if (r->bad || !p) return;
    /* First everything that ends, so that a publisher moving slots is never in two. */
    for (int i = 0; i < p->line_count; i++) {
        const route *one = route_of(routes, count, p->lines[i]);
        if (p->lines[i]->f.source >= 0 && (!one || (int)one->publisher != p->lines[i]->f.source))
            unfollow(c, &p->lines[i]->f);
    }
    for (int i = 0; i < p->line_count && p->linked; i++) {
        const route *one = route_of(routes, count, p->lines[i]);
        if (one) follow(c, &p->lines[i]->f, (int)one->publisher, one->width_px);
    }
}

static void remove_tap(core *c, tap *t) {
    for (int i = 0; i < t->feeds.count; i++) {
        feed *f = t->feeds.at[i];
        unfollow(c, &f->f);
        free(f);
    }
    free(t->feeds.at);
    memset(t, 0, sizeof *t);
}

static void feed_tap(core *c, reader *r) {
    route routes[ROUTES_MAX];
    uint32_t number = take32(r);
    int count = take_routes(r, routes);
    if (r->bad || number >= TAPS_MAX || !c->taps[number].used) return;
    tap *t = &c->taps[number];
    for (int i = 0; i < t->feeds.count;) {
        feed *f = t->feeds.at[i];
        bool stays = false;
        for (int n = 0; n < count; n++)
            stays |= (int)routes[n].publisher == f->f.source && routes[n].kind == f->f.kind;
        if (stays) {
            i++;
            continue;
        }
        unfollow(c, &f->f);
        list_remove(&t->feeds, f);
        free(f);
    }
    for (int n = 0; n < count; n++) {
        feed *found = NULL;
        for (int i = 0; i < t->feeds.count; i++) {
            feed *f = t->feeds.at[i];
            if ((int)routes[n].publisher == f->f.source && routes[n].kind == f->f.kind) found = f;
        }
        if (!found && (found = calloc(1, sizeof *found))) {
            found->f.kind = routes[n].kind;
            found->f.source = -1;
            found->tap = number;
            if (!list_add(&t->feeds, found)) {
                free(found);
                continue;
            }
        }
        if (found) follow(c, &found->f, (int)routes[n].publisher, routes[n].width_px);
    }
}

static void add_tap(core *c, reader *r) {
    uint32_t number = take32(r), to = take8(r);
    if (r->bad || number >= TAPS_MAX || to >= RINGS_MAX || !c->rings[to]) {
        r->bad = true;
        return;
    }
    remove_tap(c, &c->taps[number]);
    c->taps[number].used = true;
    c->taps[number].ring = (uint8_t)to;
}

/* What a ring's reader is to call a peer or a tap. */
static void name_it(core *c, reader *r) {
    bool is_tap = take8(r) & 1;
    uint32_t number = take32(r);
    label l = {.size = take8(r)};
    for (int i = 0; i < l.size; i++) l.text[i] = (char)take8(r);
    if (r->bad) return;
    if (is_tap && number < TAPS_MAX && c->taps[number].used) {
        c->taps[number].label = l;
        c->taps[number].named = false;
    } else if (!is_tap && number < PEERS_MAX && c->peers[number]) {
        c->peers[number]->label = l;
        c->peers[number]->named = 0;
    }
}

/* ----------------------------------------------------------------------------------------------------------------- */

static void one(core *c, reader *r) {
    peer *p;
    uint32_t number;
    switch (take8(r)) {
        case ADD_PEER: add_peer(c, r); break;
        case EXTEND:
            p = take_peer(c, r);
            if (p) take_agreement(c, r, p);
            else r->bad = true;
            break;
        case LINK: link_peer(c, r); break;
        case MOVE:
            p = take_peer(c, r);
            address at = take_address(r);
            if (!r->bad && p) p->at = at;
            break;
        case ACCEPT: accept_from(c, r); break;
        case REMOVE_PEER:
            number = take32(r);
            if (!r->bad && number < PEERS_MAX) remove_peer(c, number);
            break;
        case PERMIT:
            p = take_peer(c, r);
            number = take8(r);
            if (!r->bad && p) publisher_permit(c, p, (int)number & 3);
            break;
        case FEED: feed_peer(c, r); break;
        case ADD_TAP: add_tap(c, r); break;
        case REMOVE_TAP:
            number = take32(r);
            if (!r->bad && number < TAPS_MAX) remove_tap(c, &c->taps[number]);
            break;
        case FEED_TAP: feed_tap(c, r); break;
        case BUDGET:
            p = take_peer(c, r);
            number = take32(r);
            if (!r->bad && p) p->budget_bps = number;
            break;
        case NAME: name_it(c, r); break;
        default: r->bad = true;
    }
}

int core_command(core *c, const uint8_t *data, size_t size) {
    reader r = {data, size, 0, false};
    while (r.at < r.size && !r.bad) one(c, &r);
    return r.bad ? -(int)r.at - 1 : 0;
}
