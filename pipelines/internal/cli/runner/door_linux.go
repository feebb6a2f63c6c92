package runner

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const fdDir = "/proc/self/fd"

// bindToLoopback binds a socket to the loopback device. Since Linux 5.7 that needs no
// privilege while a socket is bound to none.
func bindToLoopback(fd int) error {
	return unix.SetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE, "lo")
}

// outsiders returns an error where another machine is connected to a port of this
// one, or about to be: in the moment before the door was closed. What connects two
// addresses of this machine goes through the loopback device.
func outsiders(port int) error {
	for _, name := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		table, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(table), "\n") {
			f := strings.Fields(line)
			if len(f) < 4 || !strings.Contains(f[1], ":") {
				continue
			}
			own, local, err := tableAddress(f[1])
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			remote, remotePort, err := tableAddress(f[2])
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if local == port && remotePort != 0 && !remote.IsLoopback() && !remote.Equal(own) {
				return errOutside
			}
		}
	}
	return nil
}

// tableAddress parses an address of the kernel's tables, such as 0100007F:1F90: the
// bytes of every four are those of a number of this machine.
func tableAddress(text string) (net.IP, int, error) {
	host, number, _ := strings.Cut(text, ":")
	ip, err := hex.DecodeString(host)
	if err != nil || len(ip) != net.IPv4len && len(ip) != net.IPv6len {
		return nil, 0, fmt.Errorf("%q is no address", text)
	}
	for i := 0; i < len(ip); i += 4 {
		binary.NativeEndian.PutUint32(ip[i:], binary.BigEndian.Uint32(ip[i:]))
	}
	port, err := strconv.ParseUint(number, 16, 16)
	if err != nil {
		return nil, 0, fmt.Errorf("%q is no address", text)
	}
	return ip, int(port), nil
}
