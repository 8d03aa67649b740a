using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests.Links;

public class ExecutableFileTests
{
    static string Fixture { get; } = Path.Combine(AppContext.BaseDirectory, "fixtures", "probes.so");

    [Fact]
    public void FindFunction_gives_the_place_of_exported_functions()
    {
        using var file = ExecutableFile.Open(Fixture);
        var function = file.FindFunction("skep_fire").ShouldNotBeNull();
        function.Size.ShouldBeGreaterThan(0UL);
        var offset = file.FileOffset(function.Address).ShouldNotBeNull();
        file.Address(offset).ShouldBe(function.Address);
        file.FindFunction("skep_fir").ShouldBeNull();
    }

    [Fact]
    public void ReadAll_gives_every_site_with_arguments_and_semaphore()
    {
        var probes = UsdtProbe.ReadAll(Fixture);
        var fired = probes.Where(p => p is { Provider: "skeptest", Name: "fired" }).ToList();
        fired.Count.ShouldBe(2);
        fired.ShouldAllBe(p => p.SemaphoreOffset == 0 && p.Arguments.Count == 3);
        fired[0].FileOffset.ShouldNotBe(fired[1].FileOffset);
        fired[0].Arguments[2].Kind.ShouldBe(UsdtArgumentKind.Constant);
        fired[0].Arguments[2].Value.ShouldBe(42);
        probes.Single(p => p.Name == "guarded").SemaphoreOffset.ShouldNotBe(0UL);
    }

    [Fact]
    public void Open_refuses_what_is_no_executable_and_never_reads_beyond_the_file()
    {
        var good = File.ReadAllBytes(Fixture);
        var path = Path.GetTempFileName();
        var random = new Random(7);
        try
        {
            File.WriteAllText(path, "#!/bin/sh");
            Should.Throw<BpfFormatException>(() => ExecutableFile.Open(path));
            for (var round = 0; round < 400; round++)
            {
                var bytes = good.AsSpan(0, round % 3 == 0 ? random.Next(good.Length) : good.Length).ToArray();
                for (var flips = 0; flips < 12 && bytes.Length > 64; flips++)
                {
                    // Headers and tables are where a flip hurts: the first bytes and the last kilobytes.
                    var at = random.Next(2) == 0 ? random.Next(64) : bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 3000));
                    bytes[at] = (byte)random.Next(256);
                }
                File.WriteAllBytes(path, bytes);
                try
                {
                    using var file = ExecutableFile.Open(path);
                    _ = file.Functions().Count();
                    _ = UsdtProbe.ReadAll(file);
                }
                catch (BpfFormatException)
                {
                }
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
