#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// A REGISTER whose user, Call-ID, CSeq and branch are overwritten in place for each sending.
class Request {
public:
    Request(std::string_view transport, const std::string& address, int port, int server_port) {
        const std::string local = address + ":" + std::to_string(port);
        const std::string target = "127.0.0.1:" + std::to_string(server_port);
        add("REGISTER sip:" + target + " SIP/2.0\r\nVia: SIP/2.0/" + std::string(transport) + " " +
            local + ";branch=z9hG4bK");
        mark(branch_);
        add(";rport\r\nMax-Forwards: 70\r\nFrom: <sip:user");
        mark(users_[0]);
        add("@" + target + ">;tag=a73kszlfl\r\nTo: <sip:user");
        mark(users_[1]);
        add("@" + target + ">\r\nCall-ID: 843817637684230-");
        mark(users_[2]);
        add("@" + address + "\r\nCSeq: ");
        mark(sequence_);
        add(" REGISTER\r\nContact: <sip:user");
        mark(users_[3]);
        add("@" + local + (transport == "UDP" ? "" : ";transport=tls") +
            ">\r\nExpires: 3600\r\nAllow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, "
            "OPTIONS, INFO, SUBSCRIBE\r\nUser-Agent: busyhour-bench/1.0\r\n"
            "Content-Length: 0\r\n\r\n");
    }

    /// Valid until the next call.
    const std::string& next(std::uint64_t user, std::uint64_t sequence, std::uint64_t branch) {
        for (const std::size_t at : users_) write(at, user);
        write(sequence_, sequence + 1'000'000'000);  // no leading zero
        write(branch_, branch);
        return text_;
    }

private:
    static constexpr std::size_t digits = 10;

    void add(const std::string& text) { text_ += text; }
    void mark(std::size_t& at) {
        at = text_.size();
        text_.append(digits, '0');
    }
    void write(std::size_t at, std::uint64_t number) {
        for (std::size_t place = digits; place-- > 0; number /= 10) {
            text_[at + place] = static_cast<char>('0' + number % 10);
        }
    }

    std::string text_;
    std::size_t branch_ = 0;
    std::size_t users_[4] = {};
    std::size_t sequence_ = 0;
};

}  // namespace bench
