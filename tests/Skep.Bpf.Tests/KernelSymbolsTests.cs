using System.Text;
using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class KernelSymbolsTests
{
    static Dictionary<string, ulong> Find(string text, params string[] names) => KernelSymbols.Find(new MemoryStream(Encoding.ASCII.GetBytes(text)), names);

    [Fact]
    public void Find_reads_addresses_of_the_kernel_and_of_modules()
    {
        var found = Find("ffffffff81000000 T _text\nffffffff81234560 D init_task\nffffffffc0001000 t helper\t[mod]\n", "init_task", "helper", "absent");
        found.ShouldBe(new Dictionary<string, ulong> { ["init_task"] = 0xffffffff81234560, ["helper"] = 0xffffffffc0001000 });
    }

    [Fact]
    public void Read_tells_type_and_module_and_passes_over_damaged_lines()
    {
        var seen = new List<string>();
        KernelSymbols.Read(new MemoryStream("ffffffff81000000 T _text\n\nzz\nnowhere D odd\nffffffffc0001000 t helper\t[mod]\n0000000000000000 w hidden"u8.ToArray()), (in KernelSymbol symbol) =>
            seen.Add($"{symbol.Address?.ToString("x")} {symbol.IsFunction} {symbol.Text} {Encoding.UTF8.GetString(symbol.Module)}"));
        seen.ShouldBe(["ffffffff81000000 True _text ", " False odd ", "ffffffffc0001000 True helper mod", "0 True hidden "]);
    }

    [Fact]
    public void Find_says_when_addresses_are_hidden() =>
        Should.Throw<BpfException>(() => Find("0000000000000000 D init_task\n", "init_task")).Message.ShouldContain("CAP_SYSLOG");

    [Fact]
    public void Find_refuses_a_name_at_two_addresses() =>
        Should.Throw<BpfException>(() => Find("0000000000000010 t twin\n0000000000000020 t twin\n", "twin")).Message.ShouldContain("ambiguous");

    [Fact]
    public void Find_reads_lines_across_the_edges_of_its_buffer()
    {
        var text = new StringBuilder();
        for (var i = 1; i < 30_000; i++) text.Append($"{i:x16} t symbol_{i}\n");
        text.Append("00000000deadbeef T last");
        var found = Find(text.ToString(), "symbol_1", "symbol_2048", "symbol_20000", "last");
        found["symbol_2048"].ShouldBe(2048ul);
        found["symbol_20000"].ShouldBe(20000ul);
        found["last"].ShouldBe(0xdeadbeeful);
    }
}
