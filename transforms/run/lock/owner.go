package lock

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Owner is who holds a folder, as it stands beside the lock.
type Owner struct {
	ID      string    `json:"id,omitempty"` // of this hold of the lock; empty where nobody holds it
	Step    string    `json:"step,omitempty"`
	Process int       `json:"process,omitempty"`
	Host    string    `json:"host,omitempty"`
	Since   time.Time `json:"since"`
	Renewed int       `json:"renewed,omitempty"` // how often, so that no two versions are alike
	// Machine tells the processes of this boot of this machine from all others, and
	// Start those that have one number after the other; empty where that cannot be told.
	Machine string `json:"machine,omitempty"`
	Start   string `json:"start,omitempty"`
	Job     *Job   `json:"job,omitempty"`
}

// Job is work that a cluster goes on with after its command has ended.
type Job struct {
	Step   string    `json:"step"`
	Runner string    `json:"runner"`
	Host   string    `json:"host"` // of the command
	Since  time.Time `json:"since"`
}

// String says which job it is.
func (j *Job) String() string {
	return fmt.Sprintf("a job of %s that %s submitted to %s on %s", j.Step, j.Host, j.Runner, moment(j.Since))
}

func newOwner(step string) Owner {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	machine, start := identity(os.Getpid())
	return Owner{ID: rand.Text(), Step: step, Process: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second), Machine: machine, Start: start}
}

// leave returns what stands where nobody holds the lock but a job is at work.
func (o Owner) leave(job *Job) Owner { return Owner{Since: o.Since, Renewed: o.Renewed + 1, Job: job} }

// gone reports whether the owner was a process of this machine that has ended.
func (o Owner) gone() bool {
	if o.ID == "" {
		return true
	}
	machine, _ := identity(os.Getpid())
	if machine == "" || o.Machine != machine {
		return false
	}
	_, start := identity(o.Process)
	return start != o.Start
}

// String says who it is and since when.
func (o Owner) String() string {
	if o.ID == "" {
		return "a process that has not said its name yet"
	}
	return fmt.Sprintf("%s (process %d on %s) has been writing there since %s", o.Step, o.Process, o.Host, moment(o.Since))
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func (o Owner) encode() []byte {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err) // of strings and numbers
	}
	return append(data, '\n')
}

// maxOwner bounds what is read of an owner's file, in bytes.
const maxOwner = 64 << 10

// decode reads an owner; what is no owner names nobody.
func decode(data []byte) (o Owner) {
	if json.Unmarshal(data, &o) != nil {
		return Owner{}
	}
	return o
}
