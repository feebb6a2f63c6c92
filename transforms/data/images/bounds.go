package images

import "exemplar/schemas"

// Bounds of images of several planes.

// maxShared bounds how often the bytes of a file are decoded for its planes. Programs that write equal
// blocks once share some of them; planes that are all one block cost time without end.
const maxShared = 4

// checkShared refuses planes whose blocks lie one over the other.
func (st *stack) checkShared() error {
	if st.behind || len(st.planes) < 2 {
		return nil
	}
	size := uint64(len(st.d.data))
	left := maxShared * size
	for _, at := range st.planes {
		l := &st.pages[at]
		for i := range l.counts.count() {
			n := l.counts.at(i)
			if n > left {
				return corrupt("its %d planes hold more than %d times the bytes of the file (%d): they lie one over the other", len(st.planes), maxShared, size)
			}
			left -= n
		}
	}
	return nil
}

// checkSize refuses an image of more samples than a color image of the most pixels has.
func (st *stack) checkSize(o Options) error {
	l := &st.pages[0]
	if n := st.channels * l.samples; n > 3 {
		if err := o.check(uint64(l.width)*uint64(n), (uint64(l.height)+2)/3); err != nil {
			return reject(schemas.ReasonTooLarge, "the image is %dx%d (height x width) with %d channels, more than three times the pixels that --max_pixels allows", l.height, l.width, n)
		}
	}
	return nil
}
