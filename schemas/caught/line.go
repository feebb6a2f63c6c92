package caught

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// panicked finds what a goroutine panicked with, in a message that has the stack behind
// it; ours finds the first line of the stack in a file of this program.
var (
	panicked = regexp.MustCompile(`(?m)^panic: (.*)$`)
	ours     = regexp.MustCompile(`(?m)\b(?:transforms|model|tfrecord|schemas|pipelines)/\S+\.go:\d+`)
)

// Guarded returns the error of f, and makes one line of what it panics with.
func Guarded(f func() error) error {
	err := Error(f)
	if p := (*Panic)(nil); errors.As(err, &p) {
		line, _ := Line("panic: " + p.Error())
		return errors.New(line)
	}
	return err
}

// Line makes one line of a message with a panic and its stack: what, and where. It
// reports whether there is a panic in it.
func Line(message string) (line string, ok bool) {
	m := panicked.FindStringSubmatchIndex(message)
	if m == nil {
		return "", false
	}
	what, _, _ := strings.Cut(message[m[2]:m[3]], " goroutine ")
	where := ""
	if _, stack, ok := strings.Cut(message, "goroutine "); ok {
		if line := ours.FindString(afterPanic(stack)); line != "" {
			where = " at " + line
		}
	}
	return fmt.Sprintf("a mistake of this program, please report it: %s%s", strings.TrimSpace(what), where), true
}

// afterPanic leaves out the frames of a stack that belong to catching the panic.
func afterPanic(stack string) string {
	if _, frames, ok := strings.Cut(stack, "\npanic("); ok {
		return frames
	}
	return stack
}
