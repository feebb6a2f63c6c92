package listing

import (
	"path"
	"strings"
)

// kinds are files that people keep images or their tables in and that are not read as
// images, by the ends of their names, with what to do instead. The first that fits
// counts.
var kinds = []struct{ ends, advice string }{
	{".h5ad", "it holds a table (AnnData) and no images: exemplar select reads its vectors, saved as .npy with a CSV for ingesting.Config.IDs"},
	{".h5 .hdf5 .h5sc .hdf .zarr .n5", "images inside HDF5 and Zarr are not read: write its crops as TIFF or PNG, one file an image"},
	{".npz .npy .mat .rds .pkl .pickle .pt .pth", "arrays are not read as images: write them as TIFF or PNG, one file an image (vectors in .npy go to exemplar select)"},
	{".tfrecord .tfrecords .tfrecord.gz .tfrecords.gz .tfrec", "shards need not be made of it: exemplar encode and exemplar train take its folder as encoding.Config.Shards"},
	{".tar .tar.gz .tgz .tar.bz2 .tar.xz .zip .7z .rar", "archives are not unpacked: unpack it, and name the folder"},
	{"idx1-ubyte idx1-ubyte.gz", "it holds labels: name the file of the images as Config.Inputs, and this one as Config.Labels"},
	{".csv .csv.gz .parquet .txt", "a list of paths is given as Config.InputList; a table of features is one of vectors, for exemplar select; images inside a table are not read: write them as TIFF or PNG"},
	{".tsv .xlsx .xls .json .jsonl .arrow .feather", "a list of paths is given as Config.InputList, as a .csv or .parquet with a column path, or as text with one path per line"},
	{".czi .nd2 .lif .lsm .oib .oif .oir .vsi .zvi .stk .sld .ims .dv .svs .scn .ndpi .mrxs .vms .bif .dcm .flex .c01 .qptiff", "formats of microscopes are not read: export the images as TIFF, OME-TIFF where they have several channels, with Fiji or bfconvert (Bio-Formats)"},
	{".bmp .gif .webp .jp2 .jxl .heic .avif .pgm .ppm .pnm .tga .ico", "this image format is not read: convert it to PNG or TIFF, which loses nothing"},
	{".mp4 .avi .mov .mkv", "films are not read: write their frames as TIFF or PNG"},
	{".gz .bz2 .xz .zst", "packed files are not read but IDX: unpack it"},
	{".pdf .docx .pptx .html .htm", "documents are not read: take the original images, as TIFF or PNG"},
}

// advice says what to do with a file that is no image by its name; "" where that is
// not known.
func advice(name string) string {
	name = strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	for _, k := range kinds {
		for _, end := range strings.Fields(k.ends) {
			if strings.HasSuffix(name, end) {
				return k.advice
			}
		}
	}
	return ""
}
