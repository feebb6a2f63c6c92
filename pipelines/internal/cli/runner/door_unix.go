//go:build linux || darwin

package runner

import (
	"net"

	"golang.org/x/sys/unix"
)

// doorCloses reports whether this system has a way to close prism's port.
const doorCloses = true

// listening returns the sockets of this process that wait for connections over a
// network.
func listening() (sockets []socket, err error) {
	fds, err := descriptors(fdDir)
	if err != nil {
		return nil, err
	}
	for _, fd := range fds {
		if on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || on == 0 {
			continue // a file, or a connection
		}
		name, err := unix.Getsockname(fd)
		if err != nil {
			continue // closed meanwhile
		}
		if _, port, ok := address(name); ok {
			sockets = append(sockets, socket{fd, port})
		}
	}
	return sockets, nil
}

// address takes the address of a network socket apart.
func address(a unix.Sockaddr) (ip net.IP, port int, ok bool) {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return net.IP(a.Addr[:]), a.Port, true
	case *unix.SockaddrInet6:
		return net.IP(a.Addr[:]), a.Port, true
	}
	return nil, 0, false
}
