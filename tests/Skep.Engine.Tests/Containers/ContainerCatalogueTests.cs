using System.Net.Sockets;
using System.Text;
using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Tests.Records;
using Xunit;

namespace Skep.Engine.Tests.Containers;

public sealed class ContainerCatalogueTests : IDisposable
{
    static readonly string s_id = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
    readonly string _root = Directory.CreateTempSubdirectory("skep-containers").FullName;

    public ContainerCatalogueTests() => Directory.CreateDirectory(Path.Combine(_root, "cgroup"));

    public void Dispose() => Directory.Delete(_root, true);

    void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    ContainerCatalogue Catalogue() => new(_root, CgroupHierarchy.At(Path.Combine(_root, "cgroup")), TimeSpan.Zero);

    async Task<ContainerInfo> Read(string directory)
    {
        using var catalogue = Catalogue();
        var info = catalogue.Find(42, Encoding.UTF8.GetBytes(directory), 1).ShouldNotBeNull();
        catalogue.Find(42, default, 1).ShouldBeSameAs(info);
        await catalogue.WhenReadAsync();
        info.Version.ShouldBe(1);
        return info;
    }

    [Fact]
    public async Task Docker_container_is_read_from_its_state_directory()
    {
        Write($"var/lib/docker/containers/{s_id}/config.v2.json",
            $$"""{"ID":"{{s_id}}","Name":"/web","Image":"sha256:1234","State":{"StartedAt":"2026-01-02T03:04:05.6Z"},"Config":{"Image":"nginx:1","Labels":{ } } }""");
        var info = await Read($"docker-{s_id}.scope");
        (info.Id, info.Runtime, info.Name, info.Image, info.ImageId, info.UnknownBecause).ShouldBe((s_id, "docker", "web", "nginx:1", "sha256:1234", null));
        info.StartTime.ShouldBe(new DateTime(2026, 1, 2, 3, 4, 5, 600, DateTimeKind.Utc));
    }

    [Fact]
    public async Task Docker_container_is_asked_of_the_daemon_when_its_files_cannot_be_read()
    {
        Directory.CreateDirectory(Path.Combine(_root, "run"));
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(Path.Combine(_root, "run/docker.sock")));
        server.Listen(1);
        var request = "";
        var serving = Task.Run(async () =>
        {
            using var client = await server.AcceptAsync();
            var buffer = new byte[1024];
            request = Encoding.ASCII.GetString(buffer, 0, await client.ReceiveAsync(buffer));
            await client.SendAsync("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"Name\":\"/db\",\"Config\":{\"Image\":\"pg\"}}"u8.ToArray());
        });
        var info = await Read($"docker-{s_id}.scope");
        await serving;
        request.ShouldStartWith($"GET /containers/{s_id}/json HTTP/1.0\r\n");
        (info.Name, info.Image).ShouldBe(("db", "pg"));
    }

    [Fact]
    public async Task Containerd_container_is_read_with_its_pod()
    {
        Write($"run/containerd/io.containerd.runtime.v2.task/k8s.io/{s_id}/config.json",
            """
            {"annotations":{"io.kubernetes.cri.container-name":"app","io.kubernetes.cri.container-type":"container","io.kubernetes.cri.image-name":"reg/app:2",
            "io.kubernetes.cri.sandbox-name":"app-0","io.kubernetes.cri.sandbox-namespace":"prod","io.kubernetes.cri.sandbox-uid":"u1"}}
            """);
        var info = await Read($"cri-containerd-{s_id}.scope");
        (info.Name, info.Image, info.Pod).ShouldBe(("app", "reg/app:2", new PodInfo { Namespace = "prod", Name = "app-0", Uid = "u1" }));
    }

    [Fact]
    public async Task Podman_container_is_read_from_its_storage()
    {
        Write("var/lib/containers/storage/overlay-containers/containers.json",
            $$"""[{"id":"other"},{"id":"{{s_id}}","names":["box"],"image":"99aa","metadata":"{\"image-name\":\"docker.io/library/busybox:latest\",\"name\":\"box\"}"}]""");
        var info = await Read($"libpod-{s_id}.scope");
        (info.Runtime, info.Name, info.Image, info.ImageId).ShouldBe(("podman", "box", "docker.io/library/busybox:latest", "99aa"));
    }

    [Fact]
    public async Task Crio_container_is_read_from_its_annotations()
    {
        Write($"var/lib/containers/storage/overlay-containers/{s_id}/userdata/config.json",
            """
            {"annotations":{"io.kubernetes.cri-o.ContainerType":"container","io.kubernetes.container.name":"c","io.kubernetes.cri-o.ImageName":"i",
            "io.kubernetes.pod.name":"p","io.kubernetes.pod.namespace":"n","io.kubernetes.pod.uid":"u"}}
            """);
        var info = await Read($"crio-{s_id}.scope");
        (info.Runtime, info.Name, info.Image, info.Pod).ShouldBe(("cri-o", "c", "i", new PodInfo { Namespace = "n", Name = "p", Uid = "u" }));
    }

    [Fact]
    public async Task Labels_of_a_pod_are_read_from_its_sandbox_under_docker()
    {
        var kubernetes = "\"io.kubernetes.pod.name\":\"p\",\"io.kubernetes.pod.namespace\":\"n\",\"io.kubernetes.pod.uid\":\"u\"";
        var labels = kubernetes + ",\"io.kubernetes.container.name\":\"c\",\"io.kubernetes.docker.type\":\"container\",\"io.kubernetes.sandbox.id\":\"sandbox\"";
        var sandbox = kubernetes + ",\"io.kubernetes.docker.type\":\"podsandbox\",\"app\":\"web\"";
        Write($"var/lib/docker/containers/{s_id}/config.v2.json", "{\"Name\":\"/k8s_c_p\",\"Config\":{\"Image\":\"i\",\"Labels\":{" + labels + "}}}");
        Write("var/lib/docker/containers/sandbox/config.v2.json", "{\"Name\":\"/k8s_POD_p\",\"Config\":{\"Labels\":{" + sandbox + "}}}");
        var info = await Read($"docker-{s_id}.scope");
        var pod = info.Pod.ShouldNotBeNull();
        (info.Name, pod.Namespace, pod.HasLabels, pod.Labels["app"]).ShouldBe(("c", "n", true, "web"));
    }

    [Fact]
    public async Task Labels_of_a_pod_are_read_from_its_sandbox_under_crio()
    {
        const string Pod = "\"io.kubernetes.pod.name\":\"p\",\"io.kubernetes.pod.namespace\":\"n\",\"io.kubernetes.pod.uid\":\"u\"";
        Write($"var/lib/containers/storage/overlay-containers/{s_id}/userdata/config.json",
            "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\",\"io.kubernetes.cri-o.SandboxID\":\"box\",\"io.kubernetes.container.name\":\"c\"," + Pod + "}}");
        Write("var/lib/containers/storage/overlay-containers/box/userdata/config.json",
            "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\",\"io.kubernetes.cri-o.Labels\":\"{\\\"app\\\":\\\"web\\\"}\"," + Pod + "}}");
        var pod = (await Read($"crio-{s_id}.scope")).Pod.ShouldNotBeNull();
        (pod.Name, pod.HasLabels, pod.Labels["app"]).ShouldBe(("p", true, "web"));
    }

    [Fact]
    public async Task Pod_of_a_podman_container_is_read_from_its_annotations()
    {
        Write("var/lib/containers/storage/overlay-containers/containers.json", $$"""[{"id":"{{s_id}}","names":["box"],"image":"99aa"}]""");
        Write($"var/lib/containers/storage/overlay-containers/{s_id}/userdata/config.json", """{"annotations":{"io.kubernetes.pod.name":"p","io.kubernetes.pod.namespace":"n","app":"web"}}""");
        var info = await Read($"libpod-{s_id}.scope");
        (info.Runtime, info.Name, info.Pod.ShouldNotBeNull().Namespace, info.Pod.Labels["app"]).ShouldBe(("podman", "box", "n", "web"));
    }

    [Fact]
    public async Task Machine_of_systemd_is_known_by_its_name_and_start()
    {
        Write("run/systemd/machines/box", "NAME=box\nROOT=/var/lib/machines/box\nREALTIME=1767323045000000\n");
        var info = await Read("machine-box.scope");
        (info.Id, info.Name, info.Runtime, info.StartTime.Year, info.UnknownBecause).ShouldBe(("box", "box", "systemd-nspawn", 2026, null));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("\0\0")]
    public async Task Malformed_state_is_counted(string text)
    {
        Write($"var/lib/docker/containers/{s_id}/config.v2.json", text);
        using var catalogue = Catalogue();
        var info = catalogue.Find(42, Encoding.UTF8.GetBytes($"docker-{s_id}.scope"), 1).ShouldNotBeNull();
        await catalogue.WhenReadAsync();
        catalogue.MalformedStates.ShouldBe(1);
        info.UnknownBecause.ShouldNotBeNull().ShouldContain("not as it should be");
        info.IsFinal.ShouldBeTrue();
    }

    [Fact]
    public async Task Runc_container_of_any_name_is_known_by_its_state_and_owns_nested_groups()
    {
        Write("run/runc/box/state.json", """{"id":"box","created":"2026-01-02T03:04:05Z"}""");
        Directory.CreateDirectory(Path.Combine(_root, "cgroup/boxes/box/inner"));
        using var catalogue = Catalogue();
        var hierarchy = catalogue.Hierarchy;
        var outer = catalogue.Find(hierarchy.IdOf("/boxes/box"), "box"u8, 0).ShouldNotBeNull();
        catalogue.Find(hierarchy.IdOf("/boxes/box/inner"), "inner"u8, 0).ShouldBeSameAs(outer);
        catalogue.Find(hierarchy.IdOf("/boxes"), "boxes"u8, 0).ShouldBeNull();
        await catalogue.WhenReadAsync();
        (outer.Id, outer.Runtime, outer.Name, outer.StartTime.Year).ShouldBe(("box", "runc", "box", 2026));
    }

    [Fact]
    public async Task Container_of_an_unreadable_runtime_says_why_it_is_unknown()
    {
        var info = await Read($"docker-{s_id}.scope");
        info.Name.ShouldBe("");
        info.UnknownBecause.ShouldNotBeNull().ShouldContain("config.v2.json");
    }

    [Fact]
    public async Task State_written_late_is_read_again_and_changes_the_version_of_the_processes()
    {
        using var catalogue = new ContainerCatalogue(_root, CgroupHierarchy.At(Path.Combine(_root, "cgroup")), TimeSpan.FromMilliseconds(200));
        var tree = new ProcessTree(new ProcessTreeOptions(), catalogue);
        var process = tree.OnRecord(RecordBuilder.Exec(new(5, 1000), default, 0, "/bin/a", cgroup: 42, cgroupName: $"docker-{s_id}.scope"))!;
        var container = process.Container.ShouldNotBeNull();
        SpinWait.SpinUntil(() => container.Version == 1, 5000).ShouldBeTrue();
        var version = process.Version;
        Write($"var/lib/docker/containers/{s_id}/config.v2.json", """{"Name":"/late"}""");
        await catalogue.WhenReadAsync();

        container.Name.ShouldBe("late");
        container.UnknownBecause.ShouldBeNull();
        process.Version.ShouldBe(version + 1);
        tree.OnRecord(RecordBuilder.Fork(new(6, 2000), new(5, 1000), cgroup: 42))!.Container.ShouldBeSameAs(container);
    }

    [Theory]
    [InlineData("""[{"id":"ID","names":["\ud800"]}]""")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"Name":7,"Config":[],"State":"x"}""")]
    [InlineData("""{"Name":"\ud800"}""")]
    [InlineData("huge")]
    [InlineData("deep")]
    public async Task Broken_state_does_no_harm(string text)
    {
        text = text switch { "huge" => new string(' ', 9_000_000), "deep" => new string('[', 100_000), _ => text.Replace("ID", s_id, StringComparison.Ordinal) };
        Write($"var/lib/docker/containers/{s_id}/config.v2.json", text);
        Write("var/lib/containers/storage/overlay-containers/containers.json", text);
        var info = await Read($"docker-{s_id}.scope");
        info.Name.ShouldBe("");
        (await Read($"libpod-{s_id}.scope")).Name.ShouldBe("");
    }
}
