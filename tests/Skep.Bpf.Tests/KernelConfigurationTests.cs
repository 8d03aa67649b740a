using System.Text;
using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class KernelConfigurationTests
{
    const string Complete = "CONFIG_HZ=250\nCONFIG_BPF_SYSCALL=y\nCONFIG_NET=m\nCONFIG_BPF=y\nCONFIG_DEFAULT_HOSTNAME=\"(none)\"\nCONFIG_NO_SUCH_OPTION=0xffffffffffffffff\n";

    static ObjectSpec Externs() => ObjectSpec.FromFile(Path.Combine(AppContext.BaseDirectory, "fixtures", "load_externs.bpf.o"));

    static byte[] Fill(string configuration, Func<string, ulong?>? virtualValue = null)
    {
        var spec = Externs();
        var data = new byte[spec.Maps[".kconfig"].ValueSize];
        new KconfigValues(spec).Fill(data, configuration, virtualValue ?? (name => name == "LINUX_KERNEL_VERSION" ? 0x061207u : 1));
        return data;
    }

    static ReadOnlySpan<byte> Value(byte[] data, string name)
    {
        var symbol = Externs().Externs[name];
        return data.AsSpan(symbol.Offset, symbol.Size);
    }

    [Fact]
    public void Values_are_written_by_their_declared_types()
    {
        var data = Fill(Complete);
        BitConverter.ToUInt32(Value(data, "CONFIG_HZ")).ShouldBe(250u);
        BitConverter.ToUInt32(Value(data, "CONFIG_NET")).ShouldBe(2u);
        BitConverter.ToUInt32(Value(data, "LINUX_KERNEL_VERSION")).ShouldBe(0x061207u);
        Value(data, "CONFIG_BPF_SYSCALL")[0].ShouldBe((byte)1);
        Value(data, "CONFIG_BPF")[0].ShouldBe((byte)'y');
        Encoding.ASCII.GetString(Value(data, "CONFIG_DEFAULT_HOSTNAME")).TrimEnd('\0').ShouldBe("(none)");
        BitConverter.ToUInt64(Value(data, "CONFIG_NO_SUCH_OPTION")).ShouldBe(ulong.MaxValue);
    }

    [Theory]
    [InlineData("CONFIG_HZ=y", "CONFIG_HZ", "enum config_tristate")]
    [InlineData("CONFIG_HZ=4294967296", "CONFIG_HZ", "does not fit")]
    [InlineData("CONFIG_HZ=-1", "CONFIG_HZ", "does not fit")]
    [InlineData("CONFIG_HZ=\"x\"", "CONFIG_HZ", "array of char")]
    [InlineData("CONFIG_HZ=1x", "CONFIG_HZ", "no number")]
    [InlineData("CONFIG_BPF_SYSCALL=m", "CONFIG_BPF_SYSCALL", "module")]
    [InlineData("CONFIG_BPF_SYSCALL=2", "CONFIG_BPF_SYSCALL", "integer")]
    [InlineData("CONFIG_DEFAULT_HOSTNAME=\"open", "CONFIG_DEFAULT_HOSTNAME", "closing quote")]
    [InlineData("CONFIG_NET=7", "CONFIG_NET", "CONFIG_NET")]
    public void A_value_that_does_not_fit_its_type_is_refused_by_name(string line, string name, string words)
    {
        // The first line of an option wins.
        var data = Should.NotThrow(() => Record(line));
        if (line == "CONFIG_NET=7")
        {
            data.ShouldBeNull();
            return;
        }
        data!.Message.ShouldContain(name);
        data.Message.ShouldContain(words);

        static BpfException? Record(string line)
        {
            try
            {
                Fill(line + "\n" + Complete);
                return null;
            }
            catch (BpfException error)
            {
                return error;
            }
        }
    }

    [Fact]
    public void A_long_string_is_cut_and_still_ends()
    {
        var value = Value(Fill("CONFIG_DEFAULT_HOSTNAME=\"a name that is far too long for its place\"\n" + Complete), "CONFIG_DEFAULT_HOSTNAME");
        value[^1].ShouldBe((byte)0);
        Encoding.ASCII.GetString(value[..^1]).ShouldBe("a name that is far ");
    }

    [Fact]
    public void An_unknown_virtual_value_is_an_error_unless_weak() =>
        Should.Throw<BpfException>(() => Fill(Complete, _ => null)).Message.ShouldContain("LINUX_");

    [Fact]
    public void Collect_takes_only_what_is_asked_for()
    {
        var values = new Dictionary<string, string>();
        KernelConfiguration.Collect(new StringReader("# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_BB=n\n  CONFIG_C=\"a=b\"\nnonsense\n"), ["CONFIG_A", "CONFIG_B", "CONFIG_C"], values);
        values.ShouldBe(new Dictionary<string, string> { ["CONFIG_B"] = "y", ["CONFIG_C"] = "\"a=b\"" });
    }

    [Theory]
    [InlineData("6.1.0-13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)", null, 6, 1, 55)]
    [InlineData("5.15.0-88-generic", "#98-Ubuntu SMP", "Ubuntu 5.15.0-88.98-generic 5.15.126", 5, 15, 126)]
    [InlineData("6.18.44", "#1 SMP", null, 6, 18, 44)]
    [InlineData("garbage", "", null, 0, 0, 0)]
    public void The_version_code_follows_the_upstream_patch_level(string release, string version, string? signature, int major, int minor, int patch) =>
        KernelVersionCode.Choose(release, version, signature).ShouldBe(new KernelVersion(major, minor, patch));
}
