/* Descriptors: RFC 7741 §4.2 (VP8), RFC 9628 §4.2 (VP9), RFC 6184 §5 (H.264), AV1 RTP §4.4; RED: RFC 2198 §3. */
#include "rtp.h"

int rtp_bounds(const uint8_t *packet, int size, bounds *out) {
    if (size < RTP_HEADER || packet[0] >> 6 != 2) return -1;
    int start = RTP_HEADER + 4 * (packet[0] & 15), end = size;
    out->extension = 0;
    if (packet[0] & 0x10) {
        if (size < start + 4) return -1;
        out->extension = start;
        start += 4 + 4 * get16(packet + start + 2);
    }
    if (packet[0] & 0x20) {
        if (!packet[size - 1]) return -1;
        end -= packet[size - 1];
    }
    out->start = start;
    out->end = end;
    return start > end ? -1 : 0;
}

element rtp_element(const uint8_t *packet, int size, int extension, int id) {
    element none = {0}, found;
    if (!extension || !id || size < extension + 4) return none;
    int profile = get16(packet + extension), end = extension + 4 + 4 * get16(packet + extension + 2);
    bool one_byte = profile == 0xBEDE;
    if (!one_byte && (profile & 0xFFF0) != 0x1000) return none;
    if (end > size) end = size;
    for (int at = extension + 4; at < end;) {
        if (!packet[at]) {
            at++;
            continue;
        }
        int here = one_byte ? packet[at] >> 4 : packet[at];
        if (!one_byte && at + 1 >= end) break;
        found.size = one_byte ? (packet[at] & 15) + 1 : packet[at + 1];
        at += one_byte ? 1 : 2;
        if ((one_byte && here == 15) || at + found.size > end) break;
        found.at = packet + at;
        if (here == id) return found;
        at += found.size;
    }
    return none;
}

static bool vp8(const uint8_t *p, int size, picture *out) {
    int at = 1;
    if (p[0] & 0x80) {
        if (size < 2) return false;
        int extra = p[1];
        at = 2;
        if (extra & 0x80) {
            if (at >= size) return false;
            out->picture_at = at;
            out->picture_bytes = p[at] & 0x80 ? 2 : 1;
            if (at + out->picture_bytes > size) return false;
            out->picture = out->picture_bytes == 2 ? get16(p + at) & 0x7FFF : p[at];
            at += out->picture_bytes;
        }
        if (extra & 0x40) {
            if (at >= size) return false;
            out->tl0_at = at;
            out->tl0 = p[at++];
        }
        out->cut = at;
        if (extra & 0x30) at++;
    } else {
        out->cut = at;
    }
    if (at >= size) return false;
    out->key = (p[0] & 0x17) == 0x10 && !(p[at] & 1);
    if (out->key)
        for (int i = at; i + 7 <= size && i <= at + 3; i++)
            if (p[i] == 0x9D && p[i + 1] == 0x01 && p[i + 2] == 0x2A) {
                out->width_px = (p[i + 3] | p[i + 4] << 8) & 0x3FFF;
                break;
            }
    return true;
}

/* Marker 10, profile, not shown again, frame type 0 (VP9 bitstream §6.2); profile 3 has a reserved bit more. */
static bool vp9_key_header(uint8_t byte) {
    return (byte & 0x30) == 0x30 ? (byte & 0xFE) == 0xB0 : (byte & 0xCC) == 0x80;
}

/* Where a scalability structure ends, or -1 where it is cut short; the largest width it tells. */
static int vp9_structure(const uint8_t *p, int size, int at, int *width_px) {
    if (at >= size) return -1;
    int head = p[at++];
    for (int i = head >> 5; head & 0x10 && i >= 0; i--, at += 4) {
        if (at + 4 > size) return -1;
        if (get16(p + at) > *width_px) *width_px = get16(p + at);
    }
    if (head & 0x08) {
        if (at >= size) return -1;
        for (int pictures = p[at++]; pictures > 0; pictures--) {
            if (at >= size) return -1;
            at += 1 + (p[at] >> 2 & 3);
        }
    }
    return at <= size ? at : -1;
}

static bool vp9(const uint8_t *p, int size, picture *out) {
    int at = 1, spatial = 0;
    bool flexible = p[0] & 0x10;
    if (p[0] & 0x80) {
        if (at >= size) return false;
        out->picture_at = at;
        out->picture_bytes = p[at] & 0x80 ? 2 : 1;
        if (at + out->picture_bytes > size) return false;
        out->picture = out->picture_bytes == 2 ? get16(p + at) & 0x7FFF : p[at];
        at += out->picture_bytes;
    }
    out->cut = at;
    if (p[0] & 0x20) {
        if (at >= size) return false;
        spatial = p[at++] >> 1 & 7;
        if (!flexible) {
            if (at >= size) return false;
            out->tl0_at = at;
            out->tl0 = p[at++];
        }
        out->cut = at;
    }
    if (flexible && p[0] & 0x40) { /* up to three reference indices, the low bit says that another follows */
        for (int n = 0; n < 3; n++) {
            if (at >= size) return false;
            if (!(p[at++] & 1)) break;
        }
    }
    if (p[0] & 0x02 && (at = vp9_structure(p, size, at, &out->width_px)) < 0) return false;
    if (at >= size) return false;
    out->key = !(p[0] & 0x40) && p[0] & 0x08 && spatial == 0 && vp9_key_header(p[at]);
    return true;
}

static bool h264_key(const uint8_t *p, int size) {
    enum { IDR = 5, SPS = 7, STAP_A = 24, FU_A = 28 };
    int kind = p[0] & 31;
    if (kind == FU_A) return size > 1 && p[1] & 0x80 && (p[1] & 31) == IDR;
    if (kind == STAP_A) {
        for (int at = 1; at + 2 < size; at += 2 + get16(p + at))
            if ((p[at + 2] & 31) == IDR || (p[at + 2] & 31) == SPS) return true;
        return false;
    }
    return kind == IDR || kind == SPS;
}

/* -- AV1 (RTP payload format §4.4, bitstream §5.3 and §5.5.1) -------------------------------------------------------- */

/* A leb128 number; moves *at behind it. -1: cut short or too long. */
static int leb128(const uint8_t *p, int size, int *at) {
    int64_t value = 0;
    for (int i = 0; i < 8 && *at < size; i++) {
        uint8_t byte = p[(*at)++];
        value |= (int64_t)(byte & 0x7F) << 7 * i;
        if (!(byte & 0x80)) return value > size ? -1 : (int)value;
    }
    return -1;
}

typedef struct {
    const uint8_t *data;
    int bits, at;
} bit_reader;

/* The next `count` bits, or -1 past the end, and from then on. */
static int bits_of(bit_reader *r, int count) {
    int value = 0;
    if (r->at < 0 || r->at + count > r->bits) return r->at = -1;
    for (; count > 0; count--, r->at++) value = value << 1 | (r->data[r->at >> 3] >> (7 - (r->at & 7)) & 1);
    return value;
}

/* max_frame_width of a sequence header; 0 where it has timing information, which no browser sends. */
static int sequence_width(const uint8_t *p, int size) {
    bit_reader r = {p, 8 * size, 0};
    bits_of(&r, 4); /* profile, still picture */
    if (bits_of(&r, 1) == 1) {
        bits_of(&r, 5);
    } else {
        if (bits_of(&r, 1) == 1) return 0;
        int delay = bits_of(&r, 1);
        for (int points = bits_of(&r, 5); points >= 0 && r.at >= 0; points--) {
            bits_of(&r, 12);
            if (bits_of(&r, 5) > 7) bits_of(&r, 1);
            if (delay == 1 && bits_of(&r, 1) == 1) bits_of(&r, 4);
        }
    }
    int width_bits = bits_of(&r, 4) + 1;
    bits_of(&r, 4);
    int width = bits_of(&r, width_bits);
    return r.at < 0 ? 0 : width + 1;
}

/* A packet that begins with a fragment begins no key frame, so elements are whole from the first on. */
static void av1(const uint8_t *p, int size, picture *out) {
    enum { FRAGMENT = 0x80, NEW_SEQUENCE = 0x08, SEQUENCE_HEADER = 1 };
    int count = p[0] >> 4 & 3, at = 1;
    if (size < 2 || p[0] & FRAGMENT) return;
    out->key = p[0] & NEW_SEQUENCE;
    for (int i = 1; at < size; i++) {
        int stop = size;
        if (count != i) { /* only the last of a known count has no length */
            int bytes = leb128(p, size, &at);
            if (bytes < 0 || at + bytes > size) return;
            stop = at + bytes;
        }
        if (at < stop && (p[at] >> 3 & 15) == SEQUENCE_HEADER) {
            int head = p[at];
            at += head & 0x04 ? 2 : 1;
            if (head & 0x02) {
                int bytes = leb128(p, stop, &at);
                if (bytes >= 0 && bytes <= stop - at) stop = at + bytes;
            }
            out->key = true;
            if (at < stop) out->width_px = sequence_width(p + at, stop - at);
            return;
        }
        at = stop;
    }
}

bool rtp_picture(int codec, const uint8_t *payload, int size, picture *out) {
    memset(out, 0, sizeof *out);
    out->picture = out->tl0 = -1;
    if (size < 1) return false;
    switch (codec) {
        case VP8: return vp8(payload, size, out);
        case VP9: return vp9(payload, size, out);
        case H264: out->key = h264_key(payload, size); return true;
        case AV1: av1(payload, size, out); return true;
        default: return false;
    }
}

int red_primary(const uint8_t *payload, int size, int type) {
    int at = 0, past = 0;
    for (; at < size && payload[at] & 0x80; at += 4) {
        if (at + 4 > size || (payload[at] & 0x7F) != type) return -1;
        past += get16(payload + at + 2) & 0x3FF;
    }
    if (at >= size || payload[at] != type) return -1;
    at += 1 + past;
    return at < size ? at : -1;
}

void red_renumber(uint8_t *payload, int type) {
    for (; *payload & 0x80; payload += 4) *payload = (uint8_t)(0x80 | type);
    *payload = (uint8_t)type;
}
