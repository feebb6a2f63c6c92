package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNoProgramListens looks at the sockets of every program while it runs: none waits
// for connections, and the temporary folder is empty in the end. That sockets are found
// at all is shown by prism, which is told to be behind a door.
func TestNoProgramListens(t *testing.T) {
	r := reference(t)
	all := writers(t, r)
	all["verify"] = writer{program: "verify", args: []string{"--input=" + r.selection}}
	all["quickstart"] = writer{program: "quickstart", args: slices.DeleteFunc(quickstart(r.images, "", "--arch=linear"),
		func(arg string) bool { return strings.HasPrefix(arg, "--output=") })}
	for _, step := range steps {
		onPrism := all[step]
		onPrism.args = append(slices.Clone(onPrism.args), "--runner=prism")
		all[step+" on prism"] = onPrism
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w := all[name]
		dir, temporary := t.TempDir(), t.TempDir()
		args := w.into(dir)
		if w.program == "verify" {
			args = w.args
		}
		stderr, found := listenedWhile(t, command(t, []string{"TMPDIR=" + temporary}, filepath.Join(bin, w.program), args...))
		const told = "other machines cannot reach it, other users of this one can\n"
		if strings.HasSuffix(name, "on prism") {
			if len(found) == 0 || strings.Count(stderr, told) != 1 || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%s: found %q, said %q", name, found, stderr)
			}
		} else if len(found) > 0 || strings.Contains(stderr, told) {
			t.Errorf("%s: waits for connections at %q, said %q", name, found, stderr)
		}
		left, err := os.ReadDir(temporary)
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left %v in the temporary folder, %v", name, left, err)
		}
	}
}

// listenedWhile runs a program and returns the addresses at which it was seen to wait
// for connections.
func listenedWhile(t *testing.T, cmd *exec.Cmd) (stderr string, found []string) {
	t.Helper()
	var out, messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &messages
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	looks := 0
	for ; len(ended) == 0; looks++ {
		for _, address := range waitingAt(fmt.Sprintf("/proc/%d", cmd.Process.Pid)) {
			if !slices.Contains(found, address) {
				found = append(found, address)
			}
		}
		time.Sleep(4 * time.Millisecond)
	}
	if err := <-ended; err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out.String(), messages.String())
	}
	if looks < 2 {
		t.Errorf("%s: was looked at %d times only", cmd, looks)
	}
	return messages.String(), found
}

// waitingAt returns the addresses, as the kernel writes them, of the sockets of a
// process that wait for connections. Of one that has ended there are none.
func waitingAt(process string) (addresses []string) {
	inodes := map[string]bool{}
	fds, _ := os.ReadDir(process + "/fd")
	for _, fd := range fds {
		target, _ := os.Readlink(process + "/fd/" + fd.Name())
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	if len(inodes) == 0 {
		return nil
	}
	const waits = "0A"
	for _, table := range []string{"/net/tcp", "/net/tcp6"} {
		data, _ := os.ReadFile(process + table)
		for _, line := range strings.Split(string(data), "\n") {
			if f := strings.Fields(line); len(f) > 9 && f[3] == waits && inodes[f[9]] {
				addresses = append(addresses, f[1])
			}
		}
	}
	return addresses
}
