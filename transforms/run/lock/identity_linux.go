package lock

import (
	"fmt"
	"os"
	"strings"
)

// identity returns what tells the processes of this boot of this machine, in the
// numbering that this process sees, from all others, and when the process with a
// number was started; empty where there is none.
func identity(process int) (machine, start string) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", ""
	}
	numbering, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", ""
	}
	machine = strings.TrimSpace(string(boot)) + " " + numbering
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return machine, ""
	}
	// The name of the program, in parentheses, may hold anything; the start is the
	// twentieth field after it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return machine, ""
	}
	return machine, fields[19]
}
