//go:build !linux && !darwin

package runner

import "errors"

// doorCloses reports whether this system has a way to close prism's port.
const doorCloses = false

var errDoor = errors.New("this system has no way to close its port to the network")

func listening() ([]socket, error) { return nil, errDoor }

func bindToLoopback(int) error { return errDoor }

func outsiders(int) error { return errDoor }
