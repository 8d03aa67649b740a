using System.Net;
using System.Text;
using Shouldly;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Engine.Tests.Runtime;

public class FamilyMatcherTests
{
    const int Members = 10;

    [Fact]
    public void Member_is_found_by_the_path_behind_the_head_of_a_unix_address() =>
        Find(ValueKind.UnixAddress, i => Text($"/run/{i}.sock"), [1, 0, 0, 0, 11, 0, 0, 0, .. "/run/3.sock"u8]).ShouldBe([3]);

    [Fact]
    public void Member_is_found_by_the_name_of_a_device_without_its_padding() =>
        Find(ValueKind.NetworkDevice, i => Text($"eth{i}"), [2, 0, 0, 0, 0, 0, 0, 0, .. "eth7"u8, .. new byte[12]]).ShouldBe([7]);

    [Theory]
    [InlineData("127.4.0.1", new[] { 4 })]
    [InlineData("::ffff:127.4.0.1", new[] { 4 })]
    [InlineData("::127.4.0.1", new int[0])]
    public void Member_is_found_by_an_address_also_through_an_IPv6_socket(string address, int[] expected)
    {
        var bytes = IPAddress.Parse(address).GetAddressBytes();
        var value = new byte[24];
        value[0] = (byte)(bytes.Length == 4 ? 2 : 10);
        bytes.CopyTo(value, 8);
        Find(ValueKind.SocketAddress, i => new AddressPredicate(SocketSide.Destination, [IPNetwork.Parse(i % 2 == 0 ? $"127.{i}.0.0/16" : $"::ffff:127.{i}.0.0/112")]), value).ShouldBe(expected);
        value[0] = 1;
        Find(ValueKind.SocketAddress, i => new AddressPredicate(SocketSide.Destination, [IPNetwork.Parse($"127.{i}.0.0/16")]), value).ShouldBeEmpty();
    }

    [Fact]
    public void Finding_allocates_nothing()
    {
        var address = new byte[24];
        (address[0], address[8], address[9]) = (2, 127, 4);
        Measure(ValueKind.SocketAddress, i => new AddressPredicate(SocketSide.Destination, [IPNetwork.Parse($"127.{i}.0.0/16")]), address);
        Measure(ValueKind.SocketAddress, i => new PortPredicate(SocketSide.Destination, [new NumberRange(0, i)]), address);
        Measure(ValueKind.Text, i => Text($"/etc/{i}"), [.. "/etc/4"u8]);

        static void Measure(ValueKind kind, Func<int, Predicate> predicate, byte[] value)
        {
            var matcher = Matcher(kind, predicate);
            HookRecord.TryRead(new HookRecordBuilder().Bytes(value).Build(), out var record).ShouldBeTrue();
            var process = new ProcessInfo { Id = new ProcessId(1, 1), Executable = default };
            matcher.Find(record, process).Length.ShouldBePositive();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++) matcher.Find(record, process);
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        }
    }

    static int[] Find(ValueKind kind, Func<int, Predicate> predicate, byte[] value)
    {
        HookRecord.TryRead(new HookRecordBuilder().Bytes(value).Build(), out var record).ShouldBeTrue();
        return Matcher(kind, predicate).Find(record, new ProcessInfo { Id = new ProcessId(1, 1), Executable = default }).ToArray();
    }

    static FamilyMatcher Matcher(ValueKind kind, Func<int, Predicate> predicate)
    {
        var target = new FunctionHook("observed");
        var plan = new HookPlan(1, 1, new ResolvedHook { Target = target, Phase = HookPhase.Entry, Mechanism = HookMechanism.SyscallEntry, Section = "fentry/observed", Reason = "", Strength = ActionStrength.None });
        for (var i = 0; i < Members; i++)
        {
            var request = new HookRequest { Target = target, Values = [new ValueSpec { Kind = kind }], Rules = [new Rule { When = new ValueCondition(0, predicate(i)) }] };
            plan.Add(i, new Policy { Name = $"p{i}", Hooks = [request] }, 0, request, posts: true, acts: true);
        }
        plan.Complete(0);
        return new FamilyMatcher(plan.Families.ShouldHaveSingleItem());
    }

    static TextPredicate Text(string text) => new([new TextPattern(TextOperator.Equal, Encoding.UTF8.GetBytes(text))]);
}
