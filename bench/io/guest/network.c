// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Two loads: "transmit" sends frames, "echo" sends UDP datagrams to an address of user networking
// and awaits each of them back. Parameters: size (of a frame, its Ethernet header included), depth;
// segmented=1: frames of TCP that the host has to cut, or to pass on whole; port: of UDP.
//
// Each frame has its number in its last four bytes, big-endian, by which the host knows that none
// is missing.
#include <stddef.h>

#include "latencies.h"
#include "line.h"
#include "loads.h"
#include "machine.h"
#include "memory.h"
#include "parameters.h"
#include "requests.h"
#include "virtio.h"

// virtio 1.2, 5.1
enum { NETWORK_DEVICE = 1, RECEIVE = 0, TRANSMIT = 1 };
enum { FEATURE_CHECKSUM = 1 << 0, FEATURE_HOST_TSO4 = 1 << 11 };
enum { NEEDS_CHECKSUM = 1, TCP4 = 1 };

// 5.1.6, without the field that legacy devices do not have.
struct __attribute__((packed)) packet_header {
  uint8_t flags;
  uint8_t segmentation;
  uint16_t header_size;
  uint16_t segment_size;
  uint16_t checksum_start;
  uint16_t checksum_offset;
};

enum { HEADER, FRAME, PARTS };
enum { ETHERNET = 0, IP = 14, TRANSPORT = 34, UDP_PAYLOAD = 42, TCP_PAYLOAD = 54, SEGMENT = 1448 };
enum { LOCAL_EXPERIMENTS = 0x88b5, ARP = 0x0806, IP4 = 0x0800 };
enum { TCP = 6, UDP = 17 };

// The addresses that QEMU's user networking gives its guest and itself.
static const uint8_t guest_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t host_mac[6] = {0x52, 0x55, 10, 0, 2, 2};
static const uint8_t guest_ip[4] = {10, 0, 2, 15};
static const uint8_t host_ip[4] = {10, 0, 2, 2};

static struct virtio_device device;
static struct queue transmit_queue, receive_queue;
static struct packet_header* packet_headers;
static uint8_t *frames, *received;
static uint32_t size, frame_pitch;
static uint32_t next_number;

static uint8_t* frame_of(uint16_t slot) { return frames + slot * frame_pitch; }
static uint8_t* received_of(uint16_t slot) { return received + slot * PAGE_SIZE; }

static void put16(uint8_t* at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

static uint32_t get16(const uint8_t* at) { return (uint32_t)at[0] << 8 | at[1]; }
static uint32_t get32(const uint8_t* at) { return get16(at) << 16 | get16(at + 2); }

static void put_ethernet(uint8_t* frame, uint32_t type) {
  memcpy(frame, host_mac, sizeof host_mac);
  memcpy(frame + 6, guest_mac, sizeof guest_mac);
  put16(frame + 12, type);
}

// RFC 1071, over what is even.
static uint32_t checksum(const uint8_t* data, uint32_t count) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i += 2) {
    sum += get16(data + i);
  }
  sum = (sum & 0xffff) + (sum >> 16);
  return ~(sum + (sum >> 16)) & 0xffff;
}

static void put_ip(uint8_t* frame, uint8_t protocol) {
  put_ethernet(frame, IP4);
  uint8_t* ip = frame + IP;
  ip[0] = 0x45;
  put16(ip + 2, size - IP);
  ip[8] = 64;  // hops
  ip[9] = protocol;
  memcpy(ip + 12, guest_ip, sizeof guest_ip);
  memcpy(ip + 16, host_ip, sizeof host_ip);
  put16(ip + 10, checksum(ip, TRANSPORT - IP));
}

static void put_udp(uint8_t* frame) {
  put_ip(frame, UDP);
  put16(frame + TRANSPORT, 9);
  put16(frame + TRANSPORT + 2, number_parameter("port", 9));
  put16(frame + TRANSPORT + 4, size - TRANSPORT);  // no checksum
}

static void put_segmented(struct packet_header* header, uint8_t* frame) {
  put_ip(frame, TCP);
  frame[TRANSPORT + 12] = 5 << 4;  // words of its header
  frame[TRANSPORT + 13] = 0x10;    // ACK
  *header = (struct packet_header){NEEDS_CHECKSUM, TCP4, TCP_PAYLOAD, SEGMENT, TRANSPORT, 16};
}

static void prepare(uint16_t slot) { put32(frame_of(slot) + size - 4, next_number++); }

static void check(uint16_t slot, uint32_t written) {
  (void)slot;
  (void)written;  // QEMU says that it wrote what it read
}

static struct requests requests = {&transmit_queue, 1, prepare, check};

static void begin_transmit_queue(void) {
  const uint16_t depth = requests.depth;
  frame_pitch = (size + 63) & -64u;
  frames = allocate(depth * frame_pitch);
  packet_headers = allocate(depth * sizeof *packet_headers);
  begin_queue(&transmit_queue, &device, TRANSMIT, depth, PARTS);
  for (uint16_t slot = 0; slot < depth; slot++) {
    set_part(&transmit_queue, slot, HEADER, &packet_headers[slot], sizeof *packet_headers,
             DEVICE_READS, false);
    set_part(&transmit_queue, slot, FRAME, frame_of(slot), size, DEVICE_READS, true);
  }
}

static void begin_device(uint32_t features) {
  size = number_parameter("size", 64);
  requests.depth = depth_parameter();
  begin_virtio(&device, NETWORK_DEVICE, features);
  begin_transmit_queue();
}

static void begin_transmit(void) {
  const uint32_t is_segmented = number_parameter("segmented", 0);
  const uint32_t needed = is_segmented ? FEATURE_CHECKSUM | FEATURE_HOST_TSO4 : 0;
  begin_device(needed);
  if (device.features != needed) {
    fail("the host does not offer segmentation");
  }
  for (uint16_t slot = 0; slot < requests.depth; slot++) {
    if (is_segmented) {
      put_segmented(&packet_headers[slot], frame_of(slot));
    } else {
      put_ethernet(frame_of(slot), LOCAL_EXPERIMENTS);
    }
  }
  virtio_is_ready(&device);
}

static void run_transmit(uint32_t operations) { run_requests(&requests, operations); }

const struct load transmit_load = {"transmit", begin_transmit, run_transmit};

static void begin_receive_queue(void) {
  const uint16_t slots = 2 * requests.depth;
  received = allocate(slots * PAGE_SIZE);
  begin_queue(&receive_queue, &device, RECEIVE, slots, 1);
  for (uint16_t slot = 0; slot < slots; slot++) {
    set_part(&receive_queue, slot, 0, received_of(slot), PAGE_SIZE, DEVICE_WRITES, true);
    offer(&receive_queue, slot);
  }
}

static void send(uint16_t slot, uint32_t frame_size) {
  set_part_size(&transmit_queue, slot, FRAME, frame_size);
  exchange(&transmit_queue, slot);
}

static void return_received(uint16_t slot) {
  offer(&receive_queue, slot);
  notify(&receive_queue);
}

// User networking learns from it where the guest is, and would ask in the middle of a run
// otherwise.
static void introduce_guest(void) {
  uint8_t* frame = frame_of(0);
  static const uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};
  put_ethernet(frame, ARP);
  memset(frame, 0xff, 6);
  memcpy(frame + IP, request, sizeof request);
  memcpy(frame + 22, guest_mac, sizeof guest_mac);
  memcpy(frame + 28, guest_ip, sizeof guest_ip);
  memset(frame + 32, 0, 6);
  memcpy(frame + 38, host_ip, sizeof host_ip);
  send(0, 42);
  const struct completion answer = await_completion(&receive_queue);
  if (get16(received_of(answer.slot) + sizeof(struct packet_header) + 12) != ARP) {
    fail("user networking does not say where it is");
  }
  return_received(answer.slot);
  memset(frame, 0, 42);
}

static void begin_echo(void) {
  begin_device(0);
  begin_receive_queue();
  virtio_is_ready(&device);
  notify(&receive_queue);
  introduce_guest();
  for (uint16_t slot = 0; slot < requests.depth; slot++) {
    put_udp(frame_of(slot));
    set_part_size(&transmit_queue, slot, FRAME, size);
  }
}

static uint64_t sent_at[MOST_REQUESTS];
static uint32_t expected_number;

static void send_numbered(void) {
  const uint16_t slot = next_number % requests.depth;
  prepare(slot);
  sent_at[slot] = time_stamp();
  offer(&transmit_queue, slot);
  notify(&transmit_queue);
}

static void forget_sent(void) {
  struct completion completion;
  while (take_completion(&transmit_queue, &completion)) {
  }
}

static void receive_numbered(void) {
  const struct completion got = await_completion(&receive_queue);
  const uint8_t* frame = received_of(got.slot) + sizeof(struct packet_header);
  if (got.written != sizeof(struct packet_header) + size || get16(frame + 12) != IP4 ||
      frame[IP + 9] != UDP) {
    fail_at("a frame came that is no answer to", expected_number);
  }
  if (get32(frame + size - 4) != expected_number) {
    fail_at("the answer is missing to", expected_number);
  }
  add_latency(time_stamp() - sent_at[expected_number % requests.depth]);
  expected_number++;
  return_received(got.slot);
}

static void run_echo(uint32_t operations) {
  uint32_t sent = 0;
  for (uint32_t done = 0; done < operations; done++) {
    for (; sent < operations && sent - done < requests.depth; sent++) {
      send_numbered();
    }
    receive_numbered();
    // What has been answered was sent: the slot of the next is free.
    forget_sent();
  }
}

const struct load echo_load = {"echo", begin_echo, run_echo};
