#!/bin/sh
# Fails when the pure library needs sockets, threads, TLS or SRTP at link time. Usage: pure.sh ARCHIVE
[ -f "$1" ] || { echo "no archive $1"; exit 2; }
symbols='socket|bind|connect|sendto|recvfrom|epoll_[a-z0-9]+|recvmmsg|sendmmsg|getaddrinfo'
symbols="$symbols|pthread_create|std::thread::.*|SSL_[A-Za-z_]+|EVP_[A-Za-z_]+|srtp_[a-z_]+"
found=$(nm -uC "$1" | grep -E "^ +U ($symbols)(@.*)?$" | sort -u)
[ -z "$found" ] || { echo "$found"; exit 1; }
