package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
)

// Prism listens on all addresses of the machine, asks nobody who they are, and starts
// the command that a job names. The SDK has no option for where it listens, so the
// socket is found among those of this process and bound to the loopback device, which
// the other machines of a network cannot reach. Other users of this machine can. The
// other socket of such a run, that of the workers in this process, is opened by the SDK
// on the loopback address.

// socket is one that waits for connections.
type socket struct{ fd, port int }

// openDoor says how to go on without prism.
const openDoor = "leave --runner away, the default opens no port"

// startPrism starts the server of prism where none runs and none is named.
func (e *engine) startPrism(ctx context.Context) error {
	if runtime.GOMAXPROCS(0) < 2 {
		// On one processor the watermark loop of prism starves the stages it waits
		// for: 50 passes of k-means took 75 s instead of 3. Computing stays bounded
		// by package parallel, which has counted the processors already.
		runtime.GOMAXPROCS(2)
	}
	if *jobopts.Endpoint != "" {
		return nil
	}
	port, err := serveBehindDoor(ctx)
	if err != nil {
		return fmt.Errorf("--runner=prism: %w; %s", err, openDoor)
	}
	*jobopts.Endpoint = net.JoinHostPort("localhost", strconv.Itoa(port))
	if *jobopts.EnvironmentType == "" {
		*jobopts.EnvironmentType = "loopback"
	}
	e.tell(fmt.Sprintf("prism waits at port %d of this machine until this step ends: other machines cannot reach it, other users of this one can", port), slog.LevelWarn)
	return nil
}

// serveBehindDoor starts a server and closes the network to it as soon as its socket
// exists. It returns the port.
func serveBehindDoor(ctx context.Context) (port int, err error) {
	before, err := listening()
	if err != nil {
		return 0, fmt.Errorf("listing the sockets of this process: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	started := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil { // where it cannot listen
				started <- fmt.Errorf("starting the server: %v", r)
			}
		}()
		_, err := prism.CreateJobServer(ctx, prism.Options{})
		if err != nil {
			err = fmt.Errorf("starting the server: %w", err)
		}
		started <- err
	}()
	for port == 0 {
		ended := len(started) > 0
		if port, err = closeDoors(before); err != nil {
			return 0, err
		}
		if ended && port == 0 {
			return 0, cmp.Or(<-started, errors.New("its socket was not found"))
		}
		runtime.Gosched()
	}
	if err := outsiders(port); err != nil {
		return 0, err
	}
	return port, <-started
}

// closeDoors binds the sockets that were not there before to the loopback device, and
// returns the port of one, 0 where there is none.
func closeDoors(before []socket) (port int, err error) {
	now, err := listening()
	if err != nil {
		return 0, fmt.Errorf("listing the sockets of this process: %w", err)
	}
	for _, s := range now {
		if slices.Contains(before, s) {
			continue
		}
		if err := bindToLoopback(s.fd); err != nil {
			return 0, fmt.Errorf("its port cannot be closed to the network (%w)", err)
		}
		port = s.port
	}
	return port, nil
}

// errOutside is what a connection from elsewhere ends in that was made before the door
// was closed.
var errOutside = errors.New("another machine called while it started")

// descriptors returns the open file descriptors of this process, from a folder that
// names them.
func descriptors(dir string) (fds []int, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil {
			fds = append(fds, fd)
		}
	}
	return fds, nil
}
