// llama-quantize FROM.gguf TO.gguf q4_K_M: what export.py asks of llama.cpp's program of that name. The library
// does the work; its own program wants 60 more files compiled, twice as much as the library, for options alone.

#include <cstdio>
#include <cstring>

#include "llama.h"

int main(int count, char ** words) {
    if (count != 4 || std::strcmp(words[3], "q4_K_M") != 0) {
        std::fprintf(stderr, "usage: llama-quantize FROM.gguf TO.gguf q4_K_M\n");
        return 2;
    }
    llama_model_quantize_params settings = llama_model_quantize_default_params();
    settings.ftype = LLAMA_FTYPE_MOSTLY_Q4_K_M;
    return llama_model_quantize(words[1], words[2], &settings) == 0 ? 0 : 1;
}
