using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Tests.Records;
using Xunit;

namespace Skep.Engine.Tests.Processes;

public class ProcessTreeProperties
{
    const int Pids = 12, Cap = 64 * 1024;

    /// <summary>A host with few pids, whose every record may be lost; what is true of each image that ever was is kept beside.</summary>
    sealed class Host
    {
        readonly ProcessTree _tree = new(new ProcessTreeOptions { MemoryCap = Cap, Grace = TimeSpan.FromSeconds(30) });
        readonly Dictionary<ProcessId, string> _images = [];
        readonly List<(ProcessId Id, ProcessId Parent)> _ever = [];
        readonly Dictionary<uint, (ProcessId Id, ProcessId Parent, bool Told)> _running = [];
        ulong _time = 1_000_000_000;
        int _executions;

        public Host()
        {
            Start(new(1, _time), default, "/sbin/init", told: true);
            _tree.OnRecord(RecordBuilder.Exec(new(1, _time), default, 0, "/sbin/init"));
        }

        public ProcessTreeCounters Counters => _tree.Counters;

        public void Step(int choice)
        {
            var bits = (uint)choice * 2_654_435_761;
            _time += 1 + ((bits & 0xf) == 0 ? 20_000_000_000UL : bits % 1000);
            var told = (bits >> 4 & 7) != 0;
            var (who, parent, _) = _running.Values.ElementAt((int)(bits >> 8) % _running.Count);
            switch ((bits >> 20) % 5)
            {
                case 0 or 1 when _running.Count < Pids:
                    var child = new ProcessId(Enumerable.Range(1, Pids).Select(p => (uint)p).First(p => !_running.ContainsKey(p)), _time);
                    Start(child, who, _images[who], told);
                    if (told) _tree.OnRecord(RecordBuilder.Fork(child, who));
                    break;
                case 2:
                    var image = new ProcessId(who.Pid, _time);
                    var name = $"/bin/{_executions++}";
                    Start(image, parent, name, told);
                    if (told) _tree.OnRecord(RecordBuilder.Exec(image, parent, who.Start, name, new string('x', (int)(bits >> 12) % 6000)));
                    break;
                case 3 when who.Pid != 1:
                    _running.Remove(who.Pid);
                    if (told) _tree.OnRecord(RecordBuilder.Exit(who, parent, _time))!.EndTime.ShouldBe(_time);
                    break;
                default:
                    var (id, its) = (bits & 1) == 0 ? (who, parent) : _ever[(int)(bits >> 8) % _ever.Count];
                    _tree.OnRecord(RecordBuilder.Hook(id, its, _time))!.Id.ShouldBe(id);
                    break;
            }
            Check();
        }

        void Start(ProcessId id, ProcessId parent, string image, bool told)
        {
            _images.Add(id, image);
            _ever.Add((id, parent));
            _running[id.Pid] = (id, parent, told);
        }

        void Check()
        {
            _tree.RetainedBytes.ShouldBeLessThanOrEqualTo(Cap);
            _tree.Counters.EvictedRunning.ShouldBe(0);
            foreach (var process in _tree.Processes)
            {
                if (!process.Executable.IsEmpty) Encoding.Latin1.GetString(process.Executable.Span).ShouldBe(_images[process.Id]);
                _tree.Find(process.Id).ShouldBeSameAs(process);
                if (process.Parent is { } parent) _tree.Find(parent.Id).ShouldBeSameAs(parent);
                process.References.ShouldBe((process.EndTime == 0 ? 1 : 0) + _tree.Processes.Count(p => p.Parent == process && p.EndTime == 0));
                var depth = 0;
                foreach (var _ in process.Ancestors) (++depth).ShouldBeLessThan(10_000);
            }
            foreach (var (id, _, told) in _running.Values)
            {
                if (!told) continue;
                var process = _tree.Find(id).ShouldNotBeNull($"{id} runs");
                process.EndTime.ShouldBe(0UL);
                _tree.FindNewest(id.Pid).ShouldBeSameAs(process);
            }
        }
    }

    [Fact]
    public void Tree_loses_no_running_process_keeps_its_cap_and_confuses_no_images_whatever_is_lost()
    {
        var seen = new long[5];
        var steps = Gen.Choose(0, int.MaxValue).ArrayOf(400);
        Prop.ForAll(steps.ToArbitrary(), choices =>
        {
            var host = new Host();
            foreach (var choice in choices) host.Step(choice);
            var counters = host.Counters;
            long[] met = [counters.EvictedEnded, counters.TextsDroppedOfEnded, counters.Expired, counters.LostStarts, counters.LostEnds];
            for (var i = 0; i < seen.Length; i++) seen[i] += met[i];
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(20_251, 1));
        // Otherwise the hosts were too tame to show anything.
        seen.ShouldAllBe(n => n > 0);
    }
}
