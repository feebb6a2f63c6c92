package runlog

import "context"

// Carrier brings the id of a run to the workers of a cluster, and their lines of the log
// to where those of the cluster are.
type Carrier interface {
	SetRun(id string)
	Run() string // "" where there is none
	Log(ctx context.Context, line string)
}

// carrier is nil in a program that has no workers.
var carrier Carrier

// Carry names the carrier. It is called while the program is initialized.
func Carry(c Carrier) { carrier = c }
