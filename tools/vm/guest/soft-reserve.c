// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program for UEFI: memory that its firmware did not know of becomes system memory for a
 * special purpose (EFI_MEMORY_SP), which a kernel started afterwards has as Soft
 * Reserved. Started by the shell of UEFI, with the first byte and the size of each
 * range in hexadecimal: soft-reserve.efi 690000000 20000000 ...
 *
 * Of UEFI's tables it knows the few entries that it uses, at their offsets (UEFI 2.10
 * section 4.3, PI 1.8 volume 2 section 7.2).
 */
#include <stdint.h>

#define SYSTEM_MEMORY	2
#define MEMORY_WB	0x8ULL
#define MEMORY_SP	0x40000ULL

struct console {
	void *reset;
	uint64_t (*output)(struct console *console, const uint16_t *text);
};

struct configuration {
	uint64_t guid[2];
	void *table;
};

struct boot_services {
	uint8_t others[152];
	uint64_t (*handle_protocol)(void *handle, const uint64_t *guid, void **interface);
};

struct system_table {
	uint8_t header[64];
	struct console *out;
	void *stderr_handle, *stderr, *runtime;
	struct boot_services *boot;
	uint64_t nr_configurations;
	struct configuration *configurations;
};

struct dxe_services {
	uint8_t header[24];
	uint64_t (*add_memory_space)(uint32_t type, uint64_t base, uint64_t size,
				     uint64_t capabilities);
};

struct loaded_image {
	uint8_t others[48];
	uint32_t options_size;
	const uint16_t *options;
};

/* 05ad34ba-6f02-4214-952e-4da0398e2bb9 and 5b1b31a1-9562-11d2-8e3f-00a0c969723b */
static const uint64_t dxe_guid[2] = { 0x42146f0205ad34ba, 0xb92b8e39a04d2e95 };
static const uint64_t image_guid[2] = { 0x11d295625b1b31a1, 0x3b7269c9a0003f8e };

/* without an address in its data an image has no relocations, and isn't loaded */
static struct system_table *volatile system;
static struct system_table *volatile *volatile relocated = &system;

static void say(const char *text)
{
	uint16_t wide[64];
	int i;

	for (i = 0; text[i] && i < 63; i++)
		wide[i] = text[i];
	wide[i] = 0;
	system->out->output(system->out, wide);
}

static void say_hex(uint64_t value)
{
	char text[17] = "";

	for (int i = 0; i < 16; i++)
		text[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
	say(text);
}

static int digit(uint16_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* the next word that is a number; 0: there is none */
static uint64_t next(const uint16_t **at, const uint16_t *end)
{
	uint64_t value = 0;

	while (*at < end && (**at == ' ' || !**at))
		(*at)++;
	for (; *at < end && digit(**at) >= 0; (*at)++)
		value = value << 4 | digit(**at);
	return value;
}

static int add_all(struct dxe_services *dxe, const struct loaded_image *image)
{
	const uint16_t *at = image->options, *end = at + image->options_size / 2;
	uint64_t base, size, rc;

	/* the program's own name */
	while (at < end && *at && *at != ' ')
		at++;
	while ((base = next(&at, end)) && (size = next(&at, end))) {
		rc = dxe->add_memory_space(SYSTEM_MEMORY, base, size, MEMORY_WB | MEMORY_SP);
		say("soft-reserve: ");
		say_hex(base);
		say(" of ");
		say_hex(size);
		say(rc ? " refused: " : " added: ");
		say_hex(rc);
		say("\r\n");
		if (rc)
			return 1;
	}
	return 0;
}

uint64_t efi_main(void *handle, struct system_table *table)
{
	struct loaded_image *image;

	*relocated = table;
	if (table->boot->handle_protocol(handle, image_guid, (void **)&image))
		return 1;
	for (uint64_t i = 0; i < table->nr_configurations; i++) {
		struct configuration *entry = &table->configurations[i];

		if (entry->guid[0] == dxe_guid[0] && entry->guid[1] == dxe_guid[1])
			return add_all(entry->table, image);
	}
	say("soft-reserve: no DXE services\r\n");
	return 1;
}
