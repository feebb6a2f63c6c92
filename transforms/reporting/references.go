package reporting

import (
	"fmt"
	"strings"
)

// publication is a reference and its BibTeX fields.
type publication struct {
	key, kind                  string
	authors, title, in, year   string
	volume, number, pages, url string
}

// publications of the methods that a selection may use.
var publications = []publication{
	{key: "lloyd1982", kind: "article", authors: "Lloyd, Stuart P.", title: "Least squares quantization in PCM", in: "IEEE Transactions on Information Theory", year: "1982", volume: "28", number: "2", pages: "129--137", url: "https://doi.org/10.1109/TIT.1982.1056489"},
	{key: "arthur2007", kind: "inproceedings", authors: "Arthur, David and Vassilvitskii, Sergei", title: "k-means++: the advantages of careful seeding", in: "Proceedings of the Eighteenth Annual ACM-SIAM Symposium on Discrete Algorithms", year: "2007", pages: "1027--1035", url: "https://dl.acm.org/doi/10.5555/1283383.1283494"},
	{key: "bachem2018", kind: "inproceedings", authors: "Bachem, Olivier and Lucic, Mario and Krause, Andreas", title: "Scalable k-means clustering via lightweight coresets", in: "Proceedings of the 24th ACM SIGKDD International Conference on Knowledge Discovery and Data Mining", year: "2018", pages: "1119--1127", url: "https://doi.org/10.1145/3219819.3219973"},
	{key: "vo2024", kind: "article", authors: "Vo, Huy V. and Khalidov, Vasil and Darcet, Timothée and Moutakanni, Théo and Smetanin, Nikita and Szafraniec, Marc and Touvron, Hugo and Couprie, Camille and Oquab, Maxime and Joulin, Armand and Jégou, Hervé and Labatut, Patrick and Bojanowski, Piotr", title: "Automatic data curation for self-supervised learning: a clustering-based approach", in: "Transactions on Machine Learning Research", year: "2024", url: "https://arxiv.org/abs/2405.15613"},
	{key: "koontz1972", kind: "article", authors: "Koontz, Warren L. G. and Fukunaga, Keinosuke", title: "A nonparametric valley-seeking technique for cluster analysis", in: "IEEE Transactions on Computers", year: "1972", volume: "C-21", number: "2", pages: "171--178", url: "https://doi.org/10.1109/TC.1972.5008922"},
	{key: "rousseeuw1987", kind: "article", authors: "Rousseeuw, Peter J.", title: "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", in: "Journal of Computational and Applied Mathematics", year: "1987", volume: "20", pages: "53--65", url: "https://doi.org/10.1016/0377-0427(87)90125-7"},
	{key: "weiszfeld1937", kind: "article", authors: "Weiszfeld, Endre", title: "Sur le point pour lequel la somme des distances de n points donnés est minimum", in: "Tohoku Mathematical Journal", year: "1937", volume: "43", pages: "355--386", url: "https://www.jstage.jst.go.jp/article/tmj1911/43/0/43_0_355/_article"},
	{key: "vardi2000", kind: "article", authors: "Vardi, Yehuda and Zhang, Cun-Hui", title: "The multivariate L1-median and associated data depth", in: "Proceedings of the National Academy of Sciences", year: "2000", volume: "97", number: "4", pages: "1423--1426", url: "https://doi.org/10.1073/pnas.97.4.1423"},
	{key: "schubert2021", kind: "article", authors: "Schubert, Erich and Rousseeuw, Peter J.", title: "Fast and eager k-medoids clustering: O(k) runtime improvement of the PAM, CLARA, and CLARANS algorithms", in: "Information Systems", year: "2021", volume: "101", pages: "101804", url: "https://doi.org/10.1016/j.is.2021.101804"},
	{key: "szekely2013", kind: "article", authors: "Székely, Gábor J. and Rizzo, Maria L.", title: "Energy statistics: A class of statistics based on distances", in: "Journal of Statistical Planning and Inference", year: "2013", volume: "143", pages: "1249--1272", url: "https://doi.org/10.1016/j.jspi.2013.03.018"},
	{key: "nemhauser1978", kind: "article", authors: "Nemhauser, George L. and Wolsey, Laurence A. and Fisher, Marshall L.", title: "An analysis of approximations for maximizing submodular set functions--I", in: "Mathematical Programming", year: "1978", volume: "14", pages: "265--294", url: "https://doi.org/10.1007/BF01588971"},
	{key: "otsu1979", kind: "article", authors: "Otsu, Nobuyuki", title: "A threshold selection method from gray-level histograms", in: "IEEE Transactions on Systems, Man, and Cybernetics", year: "1979", volume: "9", number: "1", pages: "62--66", url: "https://doi.org/10.1109/TSMC.1979.4310076"},
	{key: "tukey1977", kind: "book", authors: "Tukey, John W.", title: "Exploratory data analysis", in: "Addison-Wesley", year: "1977"},
	{key: "gretton2012", kind: "article", authors: "Gretton, Arthur and Borgwardt, Karsten M. and Rasch, Malte J. and Schölkopf, Bernhard and Smola, Alexander", title: "A kernel two-sample test", in: "Journal of Machine Learning Research", year: "2012", volume: "13", pages: "723--773", url: "https://jmlr.org/papers/v13/gretton12a.html"},
	{key: "naeem2020", kind: "inproceedings", authors: "Naeem, Muhammad Ferjad and Oh, Seong Joon and Uh, Youngjung and Choi, Yunjey and Yoo, Jaejun", title: "Reliable fidelity and diversity metrics for generative models", in: "Proceedings of the 37th International Conference on Machine Learning", year: "2020", pages: "7176--7185", url: "https://proceedings.mlr.press/v119/naeem20a.html"},
	{key: "hubert1985", kind: "article", authors: "Hubert, Lawrence and Arabie, Phipps", title: "Comparing partitions", in: "Journal of Classification", year: "1985", volume: "2", pages: "193--218", url: "https://doi.org/10.1007/BF01908075"},
	{key: "baldi1989", kind: "article", authors: "Baldi, Pierre and Hornik, Kurt", title: "Neural networks and principal component analysis: learning from examples without local minima", in: "Neural Networks", year: "1989", volume: "2", number: "1", pages: "53--58", url: "https://doi.org/10.1016/0893-6080(89)90014-2"},
	{key: "halko2011", kind: "article", authors: "Halko, Nathan and Martinsson, Per-Gunnar and Tropp, Joel A.", title: "Finding structure with randomness: probabilistic algorithms for constructing approximate matrix decompositions", in: "SIAM Review", year: "2011", volume: "53", number: "2", pages: "217--288", url: "https://doi.org/10.1137/090771806"},
	{key: "kingma2015", kind: "inproceedings", authors: "Kingma, Diederik P. and Ba, Jimmy", title: "Adam: a method for stochastic optimization", in: "3rd International Conference on Learning Representations", year: "2015", url: "https://arxiv.org/abs/1412.6980"},
	{key: "kingma2014", kind: "inproceedings", authors: "Kingma, Diederik P. and Welling, Max", title: "Auto-encoding variational Bayes", in: "2nd International Conference on Learning Representations", year: "2014", url: "https://arxiv.org/abs/1312.6114"},
	{key: "pearson1901", kind: "article", authors: "Pearson, Karl", title: "On lines and planes of closest fit to systems of points in space", in: "Philosophical Magazine", year: "1901", volume: "2", number: "11", pages: "559--572", url: "https://doi.org/10.1080/14786440109462720"},
	{key: "mcinnes2018", kind: "misc", authors: "McInnes, Leland and Healy, John and Melville, James", title: "UMAP: uniform manifold approximation and projection for dimension reduction", in: "arXiv:1802.03426", year: "2018", url: "https://arxiv.org/abs/1802.03426"},
	{key: "maaten2008", kind: "article", authors: "van der Maaten, Laurens and Hinton, Geoffrey", title: "Visualizing data using t-SNE", in: "Journal of Machine Learning Research", year: "2008", volume: "9", pages: "2579--2605", url: "https://jmlr.org/papers/v9/vandermaaten08a.html"},
	{key: "belkina2019", kind: "article", authors: "Belkina, Anna C. and Ciccolella, Christopher O. and Anno, Rina and Halpert, Richard and Spidlen, Josef and Snyder-Cappione, Jennifer E.", title: "Automated optimized parameters for T-distributed stochastic neighbor embedding improve visualization and analysis of large datasets", in: "Nature Communications", year: "2019", volume: "10", pages: "5415", url: "https://doi.org/10.1038/s41467-019-13055-y"},
	{key: "kobak2019", kind: "article", authors: "Kobak, Dmitry and Berens, Philipp", title: "The art of using t-SNE for single-cell transcriptomics", in: "Nature Communications", year: "2019", volume: "10", pages: "5416", url: "https://doi.org/10.1038/s41467-019-13056-x"},
	{key: "venna2001", kind: "inproceedings", authors: "Venna, Jarkko and Kaski, Samuel", title: "Neighborhood preservation in nonlinear projection methods: an experimental study", in: "Artificial Neural Networks -- ICANN 2001", year: "2001", pages: "485--491", url: "https://doi.org/10.1007/3-540-44668-0_68"},
	{key: "okabe2008", kind: "misc", authors: "Okabe, Masataka and Ito, Kei", title: "Color universal design (CUD): how to make figures and presentations that are friendly to colorblind people", in: "J*Fly data depository for Drosophila researchers", year: "2008", url: "https://jfly.uni-koeln.de/color/"},
	{key: "machado2009", kind: "article", authors: "Machado, Gustavo M. and Oliveira, Manuel M. and Fernandes, Leandro A. F.", title: "A physiologically-based model for simulation of color vision deficiency", in: "IEEE Transactions on Visualization and Computer Graphics", year: "2009", volume: "15", number: "6", pages: "1291--1298", url: "https://doi.org/10.1109/TVCG.2009.113"},
}

// text writes a publication as one line.
func (p *publication) text() string {
	var b strings.Builder
	people := strings.Split(p.authors, " and ")
	for i, person := range people {
		family, given, _ := strings.Cut(person, ", ")
		switch {
		case i == 0:
		case i == len(people)-1:
			b.WriteString(" & ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(family)
		for _, name := range strings.FieldsFunc(given, func(r rune) bool { return r == ' ' || r == '-' }) {
			b.WriteString(" " + string([]rune(name)[:1]) + ".")
		}
	}
	fmt.Fprintf(&b, " (%s). %s. %s", p.year, p.title, p.in)
	if p.volume != "" {
		b.WriteString(" " + p.volume)
	}
	if p.number != "" {
		b.WriteString("(" + p.number + ")")
	}
	if p.pages != "" {
		b.WriteString(", " + p.pages)
	}
	return strings.ReplaceAll(b.String(), "--", "–") + "."
}

// bibtex writes a publication as an entry of a BibTeX file. Capitals in titles are
// kept by braces.
func (p *publication) bibtex() string {
	var b strings.Builder
	fmt.Fprintf(&b, "@%s{%s,\n", p.kind, p.key)
	in := map[string]string{"article": "journal", "inproceedings": "booktitle", "misc": "howpublished", "book": "publisher"}[p.kind]
	for _, f := range [][2]string{{"author", p.authors}, {"title", "{" + p.title + "}"}, {in, p.in}, {"year", p.year},
		{"volume", p.volume}, {"number", p.number}, {"pages", p.pages}, {"url", p.url}} {
		if f[1] != "" {
			fmt.Fprintf(&b, "  %-9s = {%s},\n", f[0], f[1])
		}
	}
	b.WriteString("}\n")
	return b.String()
}
