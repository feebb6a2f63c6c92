package listing

import (
	"slices"

	"exemplar/schemas"
)

// columns are what is asked of the columns of a list, and what is told of them.
type columns struct {
	channels []string // to take, in their order; nil takes all
	labeled  string   // field that says the labels; a column of them is refused
	account  *Account
	order    []string // of the channels of an image
}

// columns returns what the configuration asks of the columns of a list.
func (c Config) columns(a *Account) (*columns, error) {
	asked := &columns{account: a}
	switch {
	case c.LabelPattern != "":
		asked.labeled = "Config.LabelPattern"
	case c.Labels != "":
		asked.labeled = "Config.Labels"
	}
	var err error
	asked.channels, err = schemas.ChannelNames(c.Channels)
	return asked, err
}

// tell notes what the columns of an inventory are.
func (c *columns) tell(v *inventory) {
	c.order = v.order
	for _, k := range v.kept {
		c.account.Metadata = append(c.account.Metadata, k.name)
	}
	if v.label >= 0 {
		c.account.Labels = &Values{What: schemas.ColLabel}
	}
	c.account.Joined = len(v.channels)
}

// wanted returns the columns that are read.
func (v *inventory) wanted() (columns []int) {
	add := func(at int) {
		if at >= 0 && !slices.Contains(columns, at) {
			columns = append(columns, at)
		}
	}
	for what, at := range v.column {
		if len(v.channels) == 0 || what == fileLatest || what == fileDeleted {
			add(at)
		}
	}
	add(v.label)
	for _, k := range v.kept {
		add(k.at)
	}
	for _, c := range v.channels {
		for _, at := range c.columns() {
			add(at)
		}
	}
	return columns
}
