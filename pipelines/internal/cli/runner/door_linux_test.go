package runner

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// caller makes TestCaller dial the addresses in this variable, and print for each
// whether it was answered: in another network namespace it stands for another machine.
const caller = "EXEMPLAR_TEST_DIAL"

// TestCaller is no test, but the other machine of TestPrismIsBehindADoor.
func TestCaller(*testing.T) {
	for _, address := range strings.Fields(os.Getenv(caller)) {
		c, err := net.DialTimeout("tcp", address, 3*time.Second)
		fmt.Println(address, err == nil)
		if err == nil {
			c.Close()
		}
	}
}

// TestPrismIsBehindADoor: no socket of prism's server takes a connection from another
// machine, and this one is served.
func TestPrismIsBehindADoor(t *testing.T) {
	before, err := listening()
	if err != nil {
		t.Fatal(err)
	}
	port, err := serveBehindDoor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now, err := listening()
	if err != nil || len(now) != len(before)+1 {
		t.Fatalf("sockets %v, before %v, %v, want one more", now, before, err)
	}
	for _, s := range now {
		device, err := unix.GetsockoptString(s.fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
		if err != nil || device != "lo" {
			t.Errorf("port %d is bound to %q, %v, want lo", s.port, device, err)
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1"} {
		c, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if err := outsiders(port); err != nil {
		t.Error(err)
	}
	t.Run("another machine", func(t *testing.T) { callFromOutside(t, port) })
}

// callFromOutside dials the port, and one that is open, from a network namespace of
// its own.
func callFromOutside(t *testing.T, port int) {
	const space, here, there = "cli-test", "cli-test-a", "cli-test-b"
	ip := func(args ...string) error {
		out, err := exec.Command("ip", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	if err := ip("netns", "add", space); err != nil {
		t.Skip("network namespaces need iproute2 and privileges: ", err)
	}
	defer func() {
		if err := ip("netns", "del", space); err != nil { // and the pair of devices with it
			t.Error(err)
		}
	}()
	for _, args := range []string{
		"link add " + here + " type veth peer name " + there + " netns " + space,
		"addr add 198.51.100.1/24 dev " + here,
		"link set " + here + " up",
		"-n " + space + " addr add 198.51.100.2/24 dev " + there,
		"-n " + space + " link set " + there + " up",
	} {
		if err := ip(strings.Fields(args)...); err != nil {
			t.Skip(err)
		}
	}
	open, err := net.Listen("tcp", ":0") // as prism listens
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	served := "198.51.100.1:" + strconv.Itoa(open.Addr().(*net.TCPAddr).Port)
	closed := "198.51.100.1:" + strconv.Itoa(port)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", space, self, "-test.run=^TestCaller$")
	cmd.Env = append(os.Environ(), caller+"="+served+" "+closed)
	out, err := cmd.CombinedOutput()
	if want := served + " true\n" + closed + " false\n"; err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("from outside: %v\n%swant\n%s", err, out, want)
	}
	// A connection that came before a door was closed is found.
	cmd = exec.Command("ip", "netns", "exec", space, self, "-test.run=^TestCaller$")
	cmd.Env = append(os.Environ(), caller+"="+served)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if err := outsiders(open.Addr().(*net.TCPAddr).Port); !errors.Is(err, errOutside) {
		t.Errorf("outsiders = %v, want %v", err, errOutside)
	}
}
