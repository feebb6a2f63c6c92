package runner

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

const fdDir = "/dev/fd"

// bindToLoopback binds a socket to the loopback device, for both kinds of addresses.
func bindToLoopback(fd int) error {
	lo, err := net.InterfaceByName("lo0")
	if err != nil {
		return err
	}
	six := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_BOUND_IF, lo.Index)
	four := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BOUND_IF, lo.Index)
	if six != nil && four != nil { // a socket of one kind may refuse the other's option
		return errors.Join(six, four)
	}
	return nil
}

// outsiders returns an error where another machine is connected to a port of this
// one: in the moment before the door was closed.
func outsiders(port int) error {
	fds, err := descriptors(fdDir)
	if err != nil {
		return err
	}
	for _, fd := range fds {
		here, err := unix.Getsockname(fd)
		if err != nil {
			continue
		}
		there, err := unix.Getpeername(fd)
		if err != nil {
			continue
		}
		own, local, ok := address(here)
		remote, _, both := address(there)
		if ok && both && local == port && !remote.IsLoopback() && !remote.Equal(own) {
			return errOutside
		}
	}
	return nil
}
