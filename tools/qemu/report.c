/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of all components, written to a file when the machine ends. */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "qom/object.h"
#include "system/system.h"
#include "report.h"

static char *report_file;

static int write_counters(Object *o, void *file)
{
    g_autofree char *path = object_get_canonical_path(o);
    g_autofree char *text = NULL;

    if (object_property_find(o, "counters")) {
        text = object_property_get_str(o, "counters", NULL);
    }
    if (path && text) {
        fprintf(file, "%s %s\n", path, text);
    }
    return 0;
}

static FILE *open_report(void)
{
    FILE *file = fopen(report_file, "a");

    if (!file) {
        error_report("cxl-accel: report=%s: %s", report_file, strerror(errno));
    }
    return file;
}

void report_one(Object *o)
{
    FILE *file = report_file ? open_report() : NULL;

    if (file) {
        write_counters(o, file);
        fclose(file);
    }
}

static void machine_ends(Notifier *n, void *data)
{
    FILE *file = open_report();

    if (file) {
        object_child_foreach_recursive(object_get_root(), write_counters, file);
        fclose(file);
    }
}

void report_to(const char *path)
{
    static Notifier notifier = { .notify = machine_ends };

    if (!report_file) {
        report_file = g_strdup(path);
        qemu_add_exit_notifier(&notifier);
    }
}
