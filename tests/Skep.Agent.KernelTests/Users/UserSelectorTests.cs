using System.Globalization;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Bpf;
using Skep.Engine.Digests;
using Skep.Testing;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Agent.KernelTests.Users;

/// <summary>What policies can say of functions of programs beyond their names.</summary>
[Collection("this kernel")]
public sealed class UserSelectorTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly string _path;
    readonly ProbedLibrary _library;

    public UserSelectorTests()
    {
        _path = _directory.File("probed.so");
        File.Copy(ProbedLibrary.Fixture, _path);
        _library = new ProbedLibrary(_path);
    }

    [KernelFact]
    public void Place_is_given_by_offset_or_address()
    {
        var (offset, address) = PlaceOf("skep_slow_start");
        using (var engine = RunningEngine.Of(Uprobe($"offsets: [{offset}]")))
        {
            _library.SlowStart(21, 0, 0);
            engine.Await(l => l.Contains("\"long_arg\":\"21\"", StringComparison.Ordinal)).ShouldNotBeNull().ShouldContain($"\"offset\":\"{offset}\"");
        }
        using (var engine = RunningEngine.Of(Uprobe($"addrs: [{address}]")))
        {
            _library.SlowStart(22, 0, 0);
            engine.Await(l => l.Contains("\"long_arg\":\"22\"", StringComparison.Ordinal)).ShouldNotBeNull().ShouldContain($"\"symbol\":\"0x{address:x}\"");
        }
    }

    [KernelFact]
    public void Counter_of_listeners_is_raised_while_the_policy_is_there()
    {
        var counter = UsdtProbe.ReadAll(_path).Single(p => p.Name == "guarded").SemaphoreOffset;
        Listeners().ShouldBe(0);
        using (var engine = RunningEngine.Of(Uprobe($"symbols: [skep_slow_start]\n  refCtrOffsets: [{counter}]")))
        {
            Listeners().ShouldBe(1);
            _library.SlowStart(31, 0, 0);
            engine.Await(l => l.Contains("\"long_arg\":\"31\"", StringComparison.Ordinal)).ShouldNotBeNull().ShouldContain($"\"ref_ctr_offset\":\"{counter}\"");
        }
        Listeners().ShouldBe(0);
    }

    [KernelFact]
    public void File_with_the_right_digest_is_probed_and_another_one_left_out()
    {
        var wrong = new string('0', 64);
        using (var engine = RunningEngine.Of(Uprobe($"symbols: [skep_slow_start]\n  binaryDigests: [\"sha256:{wrong}\", \"sha256:{FileDigest.Of("sha256", _path)}\"]")))
        {
            _library.SlowStart(41, 0, 0);
            engine.Await(l => l.Contains("\"long_arg\":\"41\"", StringComparison.Ordinal)).ShouldNotBeNull();
        }
        var policies = TracingPolicyFile.Parse($"{Uprobe($"symbols: [skep_slow_start]\n  binaryDigests: [\"sha256:{wrong}\"]\n  ignore: {{digestVerificationFailure: true}}")}\n  - path: {_path}\n    symbols: [skep_fire]", "policy.yaml").Policies;
        using var other = new RunningEngine(policies);
        other.Result.IsComplete.ShouldBeTrue();
        other.Result.Failures.ShouldHaveSingleItem().Reason.ShouldContain("is another file");
        _library.SlowStart(42, 0, 0);
        _library.Fire(1, 1);
        other.Await(l => l.Contains("\"symbol\":\"skep_fire\"", StringComparison.Ordinal)).ShouldNotBeNull();
        other.All(l => l.Contains("\"long_arg\":\"42\"", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [KernelFact]
    public void Member_of_a_programs_struct_is_resolved_by_its_types()
    {
        using var engine = RunningEngine.Of(PolicyText.Of("users", $$"""
            uprobes:
            - path: {{_path}}
              symbols: [skep_fire]
              btfPath: /sys/kernel/btf/vmlinux
              args:
              - {index: 1, type: int32, resolve: refs.counter, btfType: refcount_struct}
              selectors:
              - matchArgs:
                - {index: 1, operator: GT, values: ["100"]}
            """));
        _library.Fire(1, 100);
        _library.Fire(1, 101);
        engine.All(l => l.Contains("\"symbol\":\"skep_fire\"", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("\"args\":[{\"int_arg\":101}]");
    }

    [KernelFact]
    public void Selectors_are_about_the_process_and_the_call()
    {
        using var engine = RunningEngine.Of($"{Returning("meets", """
            - matchPIDs: [{operator: In, values: [OWN]}]
              matchNamespaces: [{namespace: Uts, operator: In, values: [host_ns]}]
              matchCapabilities: [{operator: In, values: [CAP_SYS_ADMIN]}]
              matchBinaries: [{operator: NotIn, values: [/nowhere]}]
              matchData: [{index: 0, operator: Equal, values: ["7"]}]
              matchReturnArgs: [{index: 0, operator: GT, values: ["10"]}]
            """)}\n---\n{Returning("misses", """
            - matchPIDs: [{operator: NotIn, values: [OWN]}]
            - matchNamespaces: [{namespace: Uts, operator: NotIn, values: [host_ns]}]
            - matchCapabilities: [{operator: NotIn, values: [CAP_SYS_ADMIN]}]
            - matchBinaries: [{operator: In, values: [/nowhere]}]
            - matchData: [{index: 0, operator: Equal, values: ["8"]}]
            - matchReturnArgs: [{index: 0, operator: LT, values: ["10"]}]
            """)}");
        _library.SlowStart(51, 0, 7);
        engine.All(l => l.Contains("\"long_arg\":\"51\"", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("\"policy_name\":\"meets\"");
    }

    string Returning(string name, string selectors) => PolicyText.Of(name, $$"""
        uprobes:
        - path: {{_path}}
          symbols: [skep_slow_start]
          return: true
          args:
          - {index: 0, type: int64}
          data:
          - {index: 0, type: uint64, source: pt_regs, resolve: rdx}
          returnArg: {index: 0, type: int64}
          selectors:
        {{string.Join('\n', selectors.Replace("OWN", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Split('\n').Select(line => "  " + line))}}
        """);

    public void Dispose()
    {
        _library.Dispose();
        _directory.Dispose();
    }

    string Uprobe(string place) => PolicyText.Of("users", $"uprobes:\n- path: {_path}\n  {place}\n  args:\n  - {{index: 0, type: int64}}");

    unsafe int Listeners() => ((delegate* unmanaged<int>)NativeLibrary.GetExport(_library.Handle, "skep_listeners"))();

    /// <summary>Where a function is in the file, and at which address by the file's headers, whose first segment is at 0.</summary>
    (ulong Offset, ulong Address) PlaceOf(string function)
    {
        var place = (ulong)NativeLibrary.GetExport(_library.Handle, function);
        var maps = File.ReadLines("/proc/self/maps").Where(l => l.EndsWith(_path, StringComparison.Ordinal)).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(f => (Start: Hexadecimal(f[0].Split('-')[0]), End: Hexadecimal(f[0].Split('-')[1]), Offset: Hexadecimal(f[2]))).ToList();
        var (start, _, offset) = maps.Single(m => m.Start <= place && place < m.End);
        return (place - start + offset, place - maps.Single(m => m.Offset == 0).Start);

        static ulong Hexadecimal(string digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
