package quickstart

import (
	"context"
	"fmt"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/training"
)

// decision is what is trained, and what decided that. No clock does: where the flags leave
// it open, the collection does and, for a processor without kernels in assembly, these.
type decision struct {
	training.Config // the convolutional autoencoder with its baseline, or the linear one
	folder          *dataset.Folder
	by              []string
	instead         error  // why it is linear, though it was to be convolutional
	note            string // what else a user may ask for
}

// What decides, beside the flags.
const (
	byCollection = "collection"
	byPortable   = "portable kernels"
	byModel      = "model that is there"
)

// asked reports whether a flag decides what is trained: it does so alone, on any processor.
func (r *workflow) asked() bool { return r.arch != "" || r.epochs > 0 }

// smaller reports whether the smaller plan is followed: the convolutional autoencoder is
// left out, which without assembly takes a hundred times longer, and is mostly worse.
func (r *workflow) smaller() bool { return r.portable && !r.asked() }

// decide says what is trained of the shards. A model that is there stands, whatever
// processor it was made on.
func (r *workflow) decide(ctx context.Context) (*decision, error) {
	folder, err := dataset.Open(ctx, r.training.Shards)
	if err != nil {
		return nil, err
	}
	d := &decision{Config: r.training, folder: folder, by: []string{byCollection}}
	if r.arch == training.ArchLinear {
		d.by = []string{"--arch=" + r.arch}
		return d, nil
	}
	var flags []string
	if r.arch != "" {
		flags = append(flags, "--arch="+r.arch)
	}
	if r.epochs > 0 {
		flags = append(flags, fmt.Sprintf("--epochs=%d", r.epochs))
	}
	d.by = append(flags, byCollection)
	conv, err := convolutional(r.training, folder.Shape, folder.Records(nil), r.epochs)
	if err != nil {
		d.instead = err
		return d, nil
	}
	if conv.Output, err = r.convolutionalFolder(ctx); err != nil {
		return nil, err
	}
	d.Config.Limit = conv.Limit // the same model that goes on where the linear one is better
	if r.smaller() {
		return d, r.decideSmaller(ctx, d, conv)
	}
	there, stands, err := r.linearStands(ctx, conv.Output, &d.Config)
	switch {
	case err != nil:
		return nil, err
	case !there:
		d.Config = conv
		return d, nil
	case r.asked() || !stands:
		return nil, fmt.Errorf("%s holds a linear autoencoder, and it would be replaced by a convolutional one: --arch=linear goes on with that kind, --overwrite makes the convolutional one, or choose another --output", conv.Output)
	}
	d.by = []string{byModel}
	d.note = "it is what --arch=linear makes, or a processor without assembly; --arch=conv --overwrite trains the convolutional one"
	return d, nil
}

// decideSmaller decides without assembly: the linear autoencoder, unless the other is there.
func (r *workflow) decideSmaller(ctx context.Context, d *decision, conv training.Config) error {
	d.by = append(d.by, byPortable)
	d.note = "without assembly for this processor the convolutional one takes a hundred times longer; --arch=conv trains it nevertheless"
	if r.training.Overwrite {
		return nil
	}
	stands, err := training.Stands(ctx, conv)
	if err != nil {
		return steady(err)
	}
	if stands {
		d.Config, d.by, d.note = conv, []string{byModel}, ""
		return nil
	}
	there, whole, err := training.BySteps(ctx, conv.Output)
	switch {
	case err != nil || !there:
		return err
	case whole:
		return fmt.Errorf("%s holds a convolutional autoencoder of other images or parameters, and without assembly for this processor the linear one is made: --arch=conv trains the convolutional one again, slowly, --overwrite makes the linear one, or choose another --output", conv.Output)
	}
	return fmt.Errorf("%s holds the unfinished training of a convolutional autoencoder, and without assembly for this processor the linear one is made: the same flags with --arch=conv go on with the training, slowly, --overwrite makes the linear one, or choose another --output", conv.Output)
}

// linearStands reports whether a linear model is there where a convolutional one is to be
// trained, in a folder, and whether it is one of these images, of all or of those that c
// names; c becomes its configuration.
func (r *workflow) linearStands(ctx context.Context, dir string, c *training.Config) (there, stands bool, err error) {
	if c.Overwrite || dir != c.Output {
		return false, false, nil
	}
	m, ok, err := modeldir.ReadHead(ctx, dir)
	if err != nil || !ok || m.Architecture.Family != model.FamilyLinear {
		return false, false, err
	}
	for _, limit := range []int64{c.Limit, 0} {
		c.Limit = limit
		if stands, err = training.Stands(ctx, *c); stands || err != nil {
			break
		}
	}
	return true, stands, err
}

// convolutional reports whether the convolutional autoencoder is trained.
func (d *decision) convolutional() bool { return d.Arch != training.ArchLinear }

// images returns how many images are trained on and held out, and of how many.
func (d *decision) images() (used, of int64) {
	of = d.folder.Records(nil)
	if used = of; d.Limit > 0 {
		used = min(used, d.Limit)
	}
	return used, of
}

// String says it in words.
func (d *decision) String() string {
	used, of := d.images()
	collection := fmt.Sprintf("the collection (%s of %s)", words.Plural(of, "image", "images"), d.folder.Shape)
	var by []string
	for _, b := range d.by {
		switch b {
		case byCollection:
			b = collection
		case byPortable:
			b = "the portable kernels"
		case byModel:
			b = "the model that is there"
		}
		by = append(by, b)
	}
	what := "the linear autoencoder"
	if d.convolutional() {
		what = "a convolutional autoencoder"
	}
	if used < of {
		what += fmt.Sprintf(" of %s of them", words.Count(used))
	}
	if d.convolutional() {
		what += fmt.Sprintf(", %s, beside the linear one", words.Plural(int64(d.Fit.Epochs), "epoch", "epochs"))
	}
	line := fmt.Sprintf("decided by %s: %s", strings.Join(by, " and "), what)
	if d.instead != nil {
		line = fmt.Sprintf("%v: the linear autoencoder instead", d.instead)
	}
	if d.note != "" {
		line += "\n" + d.note
	}
	return line
}

// record is what run.json keeps of it.
func (d *decision) record() *schemas.RunDecision {
	used, of := d.images()
	r := &schemas.RunDecision{Arch: training.ArchLinear, Images: used, Of: of, By: d.by}
	if d.convolutional() {
		r.Arch, r.Epochs = archConv, d.Fit.Epochs
	}
	if d.instead != nil {
		r.Instead = d.instead.Error()
	}
	return r
}
