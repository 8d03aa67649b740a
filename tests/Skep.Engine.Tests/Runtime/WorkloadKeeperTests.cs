using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Xunit;

namespace Skep.Engine.Tests.Runtime;

public class WorkloadKeeperTests
{
    static readonly LabelSelector s_all = new([]), s_app = Selector("app", LabelOperator.In, "web"), s_notApp = Selector("app", LabelOperator.NotIn, "web");

    static readonly PodInfo s_web = new() { Namespace = "shop", Name = "web-0", HasLabels = true, Labels = new Dictionary<string, string> { ["app"] = "web" } };

    [Fact]
    public void Labels_of_a_pod_decide()
    {
        Contains(new Workload("", s_app, null, false), Container(s_web)).ShouldBeTrue();
        Contains(new Workload("", s_notApp, null, false), Container(s_web)).ShouldBeFalse();
        Contains(new Workload("", s_all, null, false), Container(s_web)).ShouldBeTrue();
        Contains(new Workload("shop", null, null, false), Container(s_web)).ShouldBeTrue();
        Contains(new Workload("other", null, null, false), Container(s_web)).ShouldBeFalse();
        Contains(new Workload("", Selector("k8s:io.kubernetes.pod.namespace", LabelOperator.In, "shop"), null, false), Container(s_web with { HasLabels = false })).ShouldBeTrue();
    }

    [Fact]
    public void What_is_not_known_is_not_matched()
    {
        Contains(new Workload("", s_notApp, null, false), Container(s_web with { HasLabels = false })).ShouldBeFalse();
        Contains(new Workload("", s_notApp, null, false), Container(null)).ShouldBeFalse();
        Contains(new Workload("", s_all, null, false), Container(null)).ShouldBeFalse();
        Contains(new Workload("", null, Selector("name", LabelOperator.NotIn, "main"), false), Container(null, unknown: "not asked yet")).ShouldBeFalse();
    }

    [Fact]
    public void Name_and_repository_of_a_container_decide()
    {
        Contains(new Workload("", null, Selector("name", LabelOperator.In, "main"), false), Container(null)).ShouldBeTrue();
        Contains(new Workload("", null, Selector("repo", LabelOperator.In, "registry:5000/shop/web"), false), Container(null)).ShouldBeTrue();
        Contains(new Workload("", null, Selector("repo", LabelOperator.In, "registry"), false), Container(null)).ShouldBeFalse();
    }

    [Fact]
    public void Host_is_what_is_in_no_container()
    {
        var host = new Workload("", LabelSelector.Nothing, null, true);
        Contains(host, null).ShouldBeTrue();
        Contains(host, Container(s_web)).ShouldBeFalse();
        Contains(host, Container(null)).ShouldBeFalse();
        Contains(new Workload("", s_app, null, false), null).ShouldBeFalse();
        Contains(new Workload("", s_app, null, true), null).ShouldBeTrue();
    }

    static bool Contains(Workload workload, ContainerInfo? container) => WorkloadKeeper.Contains(workload, container);

    static ContainerInfo Container(PodInfo? pod, string? unknown = null) => new() { Id = "c", Name = "main", Image = "registry:5000/shop/web:1.2@sha256:0", Pod = pod, UnknownBecause = unknown };

    static LabelSelector Selector(string key, LabelOperator comparison, string value) => new([new LabelTerm(key, comparison, [value])]);
}
