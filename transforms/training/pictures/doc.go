// Package pictures draws what people look at while a model is trained: the
// losses over the epochs, originals above their reconstructions, and the codes; and
// the curves that models are compared by.
//
// Every function returns a PNG file. The same numbers give the same bytes.
// Colors are those of Okabe & Ito (2008), which color-blind people tell apart.
//
// What never enters: Beam, Parquet, Gorgonia, files, flags, printing; the choice of what
// is drawn.
package pictures
