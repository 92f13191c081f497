# -*- coding: rot13 -*-
# expect: CE - a codec that is none for sources
cevag(2 * vag(vachg()))
