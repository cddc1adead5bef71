# Install.cmake: what `cmake --install` puts where. Filled from the libraries that kelek_library() made.
