// llama-tokenize -m MODEL.gguf -f TEXT --ids --log-disable: a text's tokens as a server has them, as [1, 2, 3].
// The words are those of llama.cpp's program of that name, in this order.

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "llama.h"

static void say_nothing(ggml_log_level, const char *, void *) {}

int main(int count, char ** words) {
    if (count != 7 || std::strcmp(words[1], "-m") != 0 || std::strcmp(words[3], "-f") != 0) {
        std::fprintf(stderr, "usage: llama-tokenize -m MODEL.gguf -f TEXT --ids --log-disable\n");
        return 2;
    }
    std::ifstream file(words[4], std::ios::binary);
    std::stringstream read;
    read << file.rdbuf();
    const std::string text = read.str();

    llama_log_set(say_nothing, nullptr);
    llama_model_params settings = llama_model_default_params();
    settings.vocab_only = true;
    llama_model * model = llama_model_load_from_file(words[2], settings);
    if (!file || model == nullptr) {
        std::fprintf(stderr, "%s cannot be read\n", model == nullptr ? words[2] : words[4]);
        return 1;
    }
    const llama_vocab * vocab = llama_model_get_vocab(model);
    std::vector<llama_token> tokens(text.size() + 8); // a byte each at most, and what stands around a text
    const int made = llama_tokenize(vocab, text.data(), text.size(), tokens.data(), tokens.size(), true, true);
    if (made < 0) {
        std::fprintf(stderr, "%d tokens, more than bytes\n", -made);
        return 1;
    }
    std::printf("[");
    for (int place = 0; place < made; place++) {
        std::printf(place == 0 ? "%d" : ", %d", tokens[place]);
    }
    std::printf("]\n");
    llama_model_free(model);
    return 0;
}
