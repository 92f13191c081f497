"""Every address of the application. Nouns of the design, in its plural; a thing lies under its list."""

from __future__ import annotations

from django.urls import path

from comparisons.views import (
    candidates,
    comparisons,
    drawing,
    home,
    models,
    pools,
    problems,
    runs,
    session,
    strategies,
    uploads,
    variants,
)

app_name = "podium"

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("theme/", home.set_theme, name="theme"),
    path("healthz", home.healthz, name="healthz"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-in/<str:token>/", session.sign_in_with_token, name="sign-in-with-token"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("problem-sets/", problems.problem_set_list, name="problem-set-list"),
    path("problem-sets/upload/", uploads.problem_set_upload, name="problem-set-upload"),
    path("problem-sets/upload/<str:token>/", uploads.problem_set_upload_preview, name="problem-set-upload-preview"),
    path("problem-sets/<slug:slug>/", problems.problem_set_detail, name="problem-set-detail"),
    path("problem-sets/<slug:slug>/<slug:problem>/", problems.problem_detail, name="problem-detail"),
    path("problem-sets/<slug:slug>/<slug:problem>/statement", problems.problem_statement, name="problem-statement"),
    path("models/", models.model_list, name="model-list"),
    path("models/new/", models.model_new, name="model-new"),
    path("models/<slug:slug>/", models.model_detail, name="model-detail"),
    path("models/<slug:slug>/facts/", models.model_facts, name="model-facts"),
    path("pools/", pools.pool_list, name="pool-list"),
    path("pools/draw/", drawing.pool_draw, name="pool-draw"),
    path("prompts/", drawing.prompt_list, name="prompt-list"),
    path("pools/<int:pk>/extend/", drawing.pool_extend, name="pool-extend"),
    path("pools/upload/", uploads.pool_upload, name="pool-upload"),
    path("pools/upload/<str:token>/", uploads.pool_upload_preview, name="pool-upload-preview"),
    path("pools/<int:pk>/", pools.pool_detail, name="pool-detail"),
    path("pools/<int:pk>/judge/", pools.pool_judge, name="pool-judge"),
    path("pools/<int:pk>/probe/", pools.pool_probe, name="pool-probe"),
    path("pools/<int:pk>/pause/", pools.pool_pause, name="pool-pause"),
    path("pools/<int:pk>/resume/", pools.pool_resume, name="pool-resume"),
    path("pools/<int:pk>/cancel/", pools.pool_cancel, name="pool-cancel"),
    path("pools/<int:pk>/replay/", pools.pool_replay, name="pool-replay"),
    path("pools/<int:pk>/problems/<slug:problem>/", pools.pool_candidates, name="pool-candidates"),
    path("candidates/<int:pk>/", candidates.candidate_detail, name="candidate-detail"),
    path("candidates/<int:pk>/source", candidates.candidate_source, name="candidate-source"),
    path("strategies/", strategies.strategy_list, name="strategy-list"),
    path("runs/", runs.run_list, name="run-list"),
    path("runs/<int:pk>/ablate/", variants.run_ablate, name="run-ablate"),
    path("runs/<int:pk>/", runs.run_detail, name="run-detail"),
    path("comparisons/", runs.comparison_list, name="comparison-list"),
    path("comparisons/new/", runs.comparison_new, name="comparison-new"),
    path("comparisons/<int:pk>/", comparisons.detail, name="comparison-detail"),
    path("comparisons/<int:pk>/equal/<str:how>/", variants.comparison_equal, name="comparison-equal"),
    path("comparisons/<int:pk>/export/<str:format>", comparisons.export, name="comparison-export"),
]
