using Shouldly;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

public class OperatorTests
{
    const string Signed = "int int32 sint32";
    const string Texts = "string char_buf const_buf data_loc char_iovec path file dentry fd kiocb linux_binprm filename sockaddr_un net_device";
    const string Packets = "sock socket skb";
    const string Sets = "kernel_cap_t cap_effective cap_permitted cap_inheritable";

    [Theory]
    [InlineData(Signed, "Equal", "0, -1, 0x10, 010, 0o17, 0b11", "v0 number [0, -1, 16, 8, 15, 3]")]
    [InlineData(Signed, "Equal", "0xffffffff, 0x80000000", "v0 number [-1, -2147483648]")]
    [InlineData(Signed, "NotEqual", "1, 2", "not v0 number [1, 2]")]
    [InlineData(Signed, "GT", "5", "v0 number [6..2147483647]")]
    [InlineData(Signed, "GreaterThan", "2147483647", "v0 number []")]
    [InlineData(Signed, "LT", "5", "v0 number [-2147483648..4]")]
    [InlineData(Signed, "LessThan", "-2147483648", "v0 number []")]
    [InlineData(Signed, "InRange", "\"-5:5\", \"10:0x14\"", "v0 number [-5..5, 10..20]")]
    [InlineData(Signed, "NotInRange", "\"1:2\"", "not v0 number [1..2]")]
    [InlineData(Signed, "InMap", "\"1\", \"3:5\"", "v0 number [1, 3..5]")]
    [InlineData(Signed, "NotInMap", "\"7\"", "not v0 number [7]")]
    [InlineData(Signed, "Mask", "1, 0x80000000", "v0 mask [1, 80000000]")]
    [InlineData("uint32", "Equal", "4294967295", "v0 number [4294967295]")]
    [InlineData("uint32", "GT", "0", "v0 number [1..4294967295]")]
    [InlineData("uint8", "LT", "255", "v0 number [0..254]")]
    [InlineData("int8 sint8", "GT", "0", "v0 number [1..127]")]
    [InlineData("uint16", "GT", "0", "v0 number [1..65535]")]
    [InlineData("int16 sint16", "LT", "0", "v0 number [-32768..-1]")]
    [InlineData("long int64 sint64", "GT", "0", "v0 number [1..9223372036854775807]")]
    [InlineData("size_t ulong uint64", "GT", "0", "v0 number [1..-1]")]
    [InlineData("size_t ulong uint64", "Equal", "18446744073709551615", "v0 number [-1]")]
    [InlineData("bpf_cmd", "Equal", "5", "v0 number [5]")]
    [InlineData("capability", "Equal", "CAP_SYS_ADMIN, 1", "v0 number [21, 1]")]
    public void Number_is_compared_in_its_width_and_sign(string types, string comparison, string values, string expected) => Check(types, comparison, values, expected);

    [Theory]
    [InlineData("Equal", "/a, /b", "v0 text [Equal /a, Equal /b]")]
    [InlineData("NotEqual", "/a, /b", "not v0 text [Equal /a, Equal /b]")]
    [InlineData("Prefix", "/etc", "v0 text [Prefix /etc]")]
    [InlineData("NotPrefix", "/etc", "not v0 text [Prefix /etc]")]
    [InlineData("Postfix", ".conf", "v0 text [Suffix .conf]")]
    [InlineData("NotPostfix", ".conf", "not v0 text [Suffix .conf]")]
    [InlineData("SubString", "ssh", "v0 text [Contains ssh]")]
    [InlineData("SubStringIgnCase", "ssh", "v0 text [ContainsIgnoringCase ssh]")]
    [InlineData("Regex", "\"^a.c$\"", "v0 text [Regex ^a.c$]")]
    [InlineData("NotRegex", "\"^a.c$\"", "not v0 text [Regex ^a.c$]")]
    [InlineData("Glob", "\"/etc/*\"", "v0 text [Glob /etc/*]")]
    [InlineData("NotGlob", "\"/etc/*\"", "not v0 text [Glob /etc/*]")]
    [InlineData("Equal", "\"end\\0\"", "v0 text [Equal end]")]
    [InlineData("equal", "a", "v0 text [Equal a]")]
    public void Text_is_compared(string comparison, string values, string expected) => Check(Texts, comparison, values, expected);

    [Theory]
    [InlineData("SPort", "\"80\", \"8000:8001\"", "v0 Source port [80, 8000..8001]")]
    [InlineData("NotSPort", "\"80\"", "not v0 Source port [80]")]
    [InlineData("DPort", "\"53\"", "v0 Destination port [53]")]
    [InlineData("NotDPort", "\"53\"", "not v0 Destination port [53]")]
    [InlineData("SPortPriv", "", "v0 Source port [0..1023]")]
    [InlineData("NotSportPriv", "", "not v0 Source port [0..1023]")]
    [InlineData("DPortPriv", "", "v0 Destination port [0..1023]")]
    [InlineData("NotDPortPriv", "", "not v0 Destination port [0..1023]")]
    [InlineData("SAddr", "127.0.0.1", "v0 Source address [127.0.0.1/32]")]
    [InlineData("NotSAddr", "\"::1\"", "not v0 Source address [::1/128]")]
    [InlineData("DAddr", "10.9.8.7/8, \"2001:db8::1/32\", 0.0.0.0/0", "v0 Destination address [10.0.0.0/8, 2001:db8::/32, 0.0.0.0/0]")]
    [InlineData("NotDAddr", "10.0.0.0/8", "not v0 Destination address [10.0.0.0/8]")]
    [InlineData("Protocol", "IPPROTO_UDP, IPPROTO_ICMPV6, \"6\"", "v0 Protocol [17, 58, 6]")]
    [InlineData("Family", "AF_INET, AF_INET6, AF_VSOCK, AF_LOCAL", "v0 Family [2, 10, 40, 1]")]
    public void Socket_or_packet_is_compared(string comparison, string values, string expected) => Check(Packets, comparison, values, expected);

    [Theory]
    [InlineData("sock socket", "State", "TCP_ESTABLISHED, TCP_LISTEN, TCP_NEW_SYN_RECV", "v0 State [1, 10, 12]")]
    [InlineData("sockaddr", "SAddr", "127.0.0.0/8", "v0 Source address [127.0.0.0/8]")]
    [InlineData("sockaddr", "SPort", "\"22\"", "v0 Source port [22]")]
    [InlineData("sockaddr sockaddr_un", "Family", "AF_UNIX", "v0 Family [1]")]
    [InlineData("file path", "FileType", "sock, socket, lnk, link, reg, regular, blk, block, dir, chr, char, fifo, pipe", "v0 mode [c000, c000, a000, a000, 8000, 8000, 6000, 6000, 4000, 2000, 2000, 1000, 1000]")]
    [InlineData("file path", "NotFileType", "dir", "not v0 mode [4000]")]
    [InlineData(Sets, "Equal", "\"0x3\", \"CAP_CHOWN,CAP_BPF\"", "v0 number [3, 549755813889]")]
    [InlineData(Sets, "NotEqual", "\"0x0\"", "not v0 number [0]")]
    [InlineData(Sets, "Mask", "\"CAP_SYS_ADMIN\", \"0x1\"", "v0 mask [200000, 1]")]
    public void Other_types_are_compared(string types, string comparison, string values, string expected) => Check(types, comparison, values, expected);

    [Fact]
    public void CapabilitiesGained_compares_a_new_set_with_an_old_one()
    {
        RuleText.Of(OnePolicy.Rule("matchArgs: [{operator: CapabilitiesGained, args: [1, 0], values: [CAP_BPF]}]", "cap_effective", "cap_effective").When)
            .ShouldBe("v1 gained 8000000000 over v0");
        RuleText.Of(OnePolicy.Rule("matchArgs: [{operator: CapabilitiesGained, args: [0, 1]}]", "kernel_cap_t", "cap_permitted").When)
            .ShouldBe("v0 gained ffffffffffffffff over v1");
    }

    [Theory]
    [InlineData("arg0 == 1", "value 0 == 1")]
    [InlineData("arg0 != -1 && arg1 > arg0", "(not value 0 == -1 and value 0 < value 1)")]
    [InlineData("arg1 >= 2u || !(arg0 < 0x10)", "(2 <= value 1 or not value 0 < 16)")]
    [InlineData("and(arg1, 0xff) == xor(or(1, arg0), not(arg1)) + 3 - arg0", "(value 1 & 255) == ((((1 | value 0) ^ (value 1 ^ -1)) + 3) - value 0)")]
    [InlineData("int32(arg1) < 0", "int32(value 1) < 0")]
    [InlineData("uint32(arg0 + arg1) <= 7", "uint32((value 0 + value 1)) <= 7")]
    [InlineData("(arg0 == 1) == true", "((value 0 == 1 and true) or (not value 0 == 1 and not true))")]
    public void CelExpr_computes_with_arguments(string expression, string expected) =>
        RuleText.Of(OnePolicy.Rule($"matchArgs: [{{operator: CelExpr, values: [\"{expression}\"]}}]", "int", "uint64").When).ShouldBe(expected);

    [Theory]
    [InlineData("sockaddr", "DPort", "\"1\"")]
    [InlineData("sockaddr", "Protocol", "\"1\"")]
    [InlineData("skb", "State", "TCP_CLOSE")]
    [InlineData("int", "SubString", "a")]
    [InlineData("string", "Mask", "\"1\"")]
    [InlineData("string", "InMap", "\"1\"")]
    [InlineData("cap_effective", "GT", "\"1\"")]
    [InlineData("cap_effective", "InRange", "\"1:2\"")]
    [InlineData("cred", "Equal", "\"1\"")]
    [InlineData("bpf_map", "Equal", "a")]
    [InlineData("fd", "FileType", "dir")]
    public void Operator_that_does_not_fit_a_type_is_an_error(string type, string comparison, string values)
    {
        var file = PolicyVectors.Parse(OnePolicy.AroundHook($"args: [{{index: 0, type: {type}}}]\nselectors:\n- matchArgs: [{{index: 0, operator: {comparison}, values: [{values}]}}]"));

        file.Diagnostics.ShouldHaveSingleItem().Message.ShouldBe($"operator: {comparison} does not fit type {type}");
    }

    static void Check(string types, string comparison, string values, string expected)
    {
        foreach (var type in types.Split(' '))
        {
            // Plain numbers are warned of, so all values go in quotes.
            var quoted = string.Join(", ", values.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(v => v.StartsWith('"') || v.EndsWith('"') ? v : $"\"{v}\""));
            var condition = OnePolicy.Rule($"matchArgs: [{{index: 0, operator: {comparison}{(quoted.Length > 0 ? $", values: [{quoted}]" : "")}}}]", type).When;
            RuleText.Of(condition).ShouldBe(expected, type);
        }
    }
}
